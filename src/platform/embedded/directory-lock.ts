import { randomBytes } from "node:crypto";
import { link, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EmbeddedError, errorCode } from "./embedded-error.js";
import { identifyProcess, isRunning, type ProcessIdentity } from "./process-identity.js";

export interface DirectoryLock {
  release(): Promise<void>;
}

/** Contenders who may get in between before one gives up; each takes a place that is then gone for good. */
const attemptsMax = 50;

/**
 * Makes this process the only one that runs servers in `directory`, until it releases or dies.
 *
 * The holder is the highest `lock.<n>`, and taking over means making `lock.<n+1>`, which only one process
 * can. Numbers are never used twice: so a slow contender who saw a dead holder cannot push out the live one
 * that came after, as it could by deleting or renaming a single lock file.
 * @throws EmbeddedError when a living process holds it
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const self = identifyProcess(process.pid) ?? { pid: process.pid, startedAt: "" };
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const highest = await highestLock(directory);
    const holder = await holderOf(directory, highest);
    if (holder && isRunning(holder)) {
      throw new EmbeddedError(`Millrace already runs on ${directory} (process ${String(holder.pid)}): stop that one first, or set MILLRACE_DATA_DIR to another directory.`);
    }
    const mine = highest + 1;
    if (!(await place(directory, mine, self))) continue;
    // Whoever listed the directory long ago may have made a number that was already used and removed.
    if ((await highestLock(directory)) > mine) {
      await rm(lockFile(directory, mine), { force: true });
      continue;
    }
    await removeBelow(directory, mine);
    // Emptied, not removed, so that its number is not used again; and that works on a full disk too.
    return { release: () => truncate(lockFile(directory, mine)) };
  }
  throw new EmbeddedError(`Too many processes try to start on ${directory} at the same time: start one of them again.`);
}

function lockFile(directory: string, generation: number): string {
  return join(directory, `lock.${String(generation)}`);
}

async function generations(directory: string): Promise<number[]> {
  return (await readdir(directory)).flatMap((name) => /^lock\.(\d{1,15})$/.exec(name)?.[1] ?? []).map(Number);
}

async function highestLock(directory: string): Promise<number> {
  return Math.max(0, ...(await generations(directory)));
}

/** @returns undefined when released (the file is empty), or when the file does not say */
async function holderOf(directory: string, generation: number): Promise<ProcessIdentity | undefined> {
  try {
    const holder: unknown = JSON.parse(await readFile(lockFile(directory, generation), "utf8"));
    if (typeof holder !== "object" || holder === null || !("pid" in holder) || !("startedAt" in holder)) return undefined;
    const { pid, startedAt } = holder;
    return typeof pid === "number" && typeof startedAt === "string" ? { pid, startedAt } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** A link appears whole and only where nothing is: nobody reads a half-written lock. */
async function place(directory: string, generation: number, holder: ProcessIdentity): Promise<boolean> {
  const draft = join(directory, `lock-draft.${randomBytes(6).toString("hex")}`);
  try {
    await writeFile(draft, JSON.stringify(holder), { mode: 0o644 });
    await link(draft, lockFile(directory, generation));
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function removeBelow(directory: string, generation: number): Promise<void> {
  const older = (await generations(directory)).filter((each) => each < generation);
  await Promise.all(older.map((each) => rm(lockFile(directory, each), { force: true })));
}
