import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { readPostmasterPid } from "../../platform/embedded/postmaster-pid.js";
import { commandOf, identifyProcess } from "../../platform/embedded/process-identity.js";

/** The embedded servers' directories in a data directory. */
const serverNames = /^(primary|node\d+)$/;

/**
 * Sends `kill -9` to the database servers that run in a data directory and to their children. Who they are is
 * written in the servers' own pid files; a process whose command line does not name the directory is left alone.
 * @returns how many processes were ended
 */
export async function killDatabases(dataDir: string): Promise<number> {
  let killed = 0;
  for (const directory of serverDirectories(dataDir)) {
    const postmaster = await postmasterOf(directory);
    if (postmaster === null) continue;
    // The children first are looked up, then all die: without their parent nobody could tell whose they are.
    for (const pid of [postmaster, ...childrenOf(postmaster)]) killed += kill(pid);
  }
  return killed;
}

/** True while a database server runs in the data directory. */
export async function databasesRun(dataDir: string): Promise<boolean> {
  for (const directory of serverDirectories(dataDir)) if (await postmasterOf(directory) !== null) return true;
  return false;
}

function serverDirectories(dataDir: string): readonly string[] {
  try {
    return readdirSync(dataDir).filter((name) => serverNames.test(name)).map((name) => join(dataDir, name));
  } catch {
    return []; // nothing was made yet
  }
}

async function postmasterOf(directory: string): Promise<number | null> {
  const found = await readPostmasterPid(directory);
  if (!found || !identifyProcess(found.pid)) return null;
  const words = commandOf(found.pid).split(/[\0 ]/);
  return basename(words[0] ?? "").startsWith("postgres") && words.includes(directory) ? found.pid : null;
}

/** Linux only; elsewhere a postmaster's children end by themselves within a moment of its death. */
function childrenOf(parent: number): readonly number[] {
  try {
    return readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").trim().split(" ").map(Number).filter((pid) => pid > 0);
  } catch {
    return [];
  }
}

function kill(pid: number): number {
  try {
    process.kill(pid, "SIGKILL");
    return 1;
  } catch {
    return 0; // it ended by itself meanwhile
  }
}
