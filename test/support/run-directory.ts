import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createLogger } from "../../src/platform/log/logger.js";
import { clearLeftover } from "../../src/platform/embedded/leftover-postmaster.js";
import { identifyProcess, isRunning, type ProcessIdentity } from "../../src/platform/embedded/process-identity.js";
import { programsFor } from "../../src/platform/embedded/start-steps.js";

export const runDirectoryPrefix = "millrace-test-";

/** The process whose run this is; while it lives nobody else removes the directory. */
const ownerFile = "owner.json";
/** A process that must go with the run, for example Redis. */
const companionFile = "companion.json";

export async function claimRunDirectory(directory: string): Promise<void> {
  await writeIdentity(join(directory, ownerFile), process.pid);
}

export async function recordCompanion(directory: string, pid: number): Promise<void> {
  await writeIdentity(join(directory, companionFile), pid);
}

export async function removeRunDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
}

/** Ends the servers of runs that were killed, and removes what they left. Directories without an owner are not touched. */
export async function removeDeadRuns(parent: string): Promise<void> {
  const names = (await readdir(parent)).filter((name) => name.startsWith(runDirectoryPrefix));
  for (const directory of names.map((name) => join(parent, name))) {
    const owner = await readIdentity(join(directory, ownerFile));
    if (!owner || isRunning(owner)) continue;
    try {
      await endServers(directory);
      await removeRunDirectory(directory);
    } catch (error) {
      // Another user's run, or a server that does not stop: this run can do without.
      process.stderr.write(`${directory} was left by a killed test run and cannot be removed: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
}

async function endServers(directory: string): Promise<void> {
  const servers = join(directory, "servers");
  const names = await readdir(servers).catch((): string[] => []);
  if (names.includes("primary")) {
    const programs = await programsFor(servers);
    const dataDirectories = names.filter((name) => /^(primary|node\d+)$/.test(name)).map((name) => join(servers, name));
    // Without the password nobody can be asked by port; the command line tells whose process it is.
    await Promise.all(dataDirectories.map((each) => clearLeftover(each, programs, () => Promise.resolve(false), createLogger("warn"))));
  }
  const companion = await readIdentity(join(directory, companionFile));
  if (companion && isRunning(companion)) process.kill(companion.pid, "SIGKILL"); // it keeps nothing
}

async function writeIdentity(path: string, pid: number): Promise<void> {
  await writeFile(path, JSON.stringify(identifyProcess(pid) ?? { pid, startedAt: "" }));
}

async function readIdentity(path: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
