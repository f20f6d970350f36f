import { randomBytes } from "node:crypto";
import { chown, mkdir, readdir, readFile, rename, rm, stat, statfs, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Logger } from "../log/logger.js";
import { diskFull, EmbeddedError, errorCode, serverFailure } from "./embedded-error.js";
import { syncDirectory } from "./kept-state.js";
import { postgresMajor } from "./postgres-binaries.js";
import type { ServerPrograms } from "./server-programs.js";

/** The superuser of the embedded servers. */
export const adminRole = "millrace";

/** Two empty servers and their first WAL take about 150 MB. */
const freeMinBytes = 200 * 1024 * 1024;

/**
 * Whether a usable data directory is there.
 *
 * Ours come into being by renaming a finished one, so whatever stands under the name is whole. One that was
 * never recorded as made and has no control file was begun by something else and is put aside, not deleted.
 * @param made it was recorded as whole once: then nothing may be made in its place
 * @throws EmbeddedError on data of another major version, and on data that was damaged
 */
export async function inspectDataDirectory(directory: string, made: boolean, logger: Logger): Promise<"usable" | "absent"> {
  if (!(await hasFiles(directory))) return "absent";
  const [version, control] = await Promise.all([
    readFile(join(directory, "PG_VERSION"), "utf8").then((text) => text.trim(), () => undefined),
    stat(join(directory, "global", "pg_control")).catch(() => undefined),
  ]);
  if (version !== undefined && version !== postgresMajor) {
    throw new EmbeddedError(`${directory} holds data of PostgreSQL ${version}, and this Millrace brings ${postgresMajor}: start the Millrace that made it, or set MILLRACE_DATA_DIR to a new directory.`);
  }
  if (version !== undefined && control) return "usable";
  if (made) {
    throw new EmbeddedError(`${directory} is damaged (${version === undefined ? "PG_VERSION" : "global/pg_control"} is missing): restore it from a backup, or remove ${dirname(directory)} to begin anew without its data.`);
  }
  const aside = `${directory}.half-made`;
  logger.warn({ directory, aside }, "a data directory that was never finished is put aside and made again");
  await rm(aside, { recursive: true, force: true });
  await rename(directory, aside);
  return "absent";
}

/**
 * Makes an empty server's data directory; a second or less. It is made under another name, on disk before
 * it gets its own: after a crash at any moment it is whole or not there.
 * @param durable false leaves out waiting for the disk (for data that nobody keeps)
 */
export async function makeDataDirectory(directory: string, password: string, programs: ServerPrograms, durable: boolean): Promise<void> {
  const parent = dirname(directory);
  await removeDrafts(directory);
  const { bavail, bsize } = await statfs(parent);
  if (bavail * bsize < freeMinBytes) throw diskFull(parent);
  // A name of its own, since the initdb of a killed process may still be writing into an older draft.
  const draft = `${directory}.draft-${randomBytes(4).toString("hex")}`;
  const passwordFile = `${draft}.password`;
  try {
    await mkdir(draft, { mode: 0o700 });
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    const { account } = programs;
    if (account) await Promise.all([draft, passwordFile].map((path) => chown(path, account.uid, account.gid)));
    const { ok, lines } = await programs.run("initdb", [
      "-D", draft, "--username", adminRole, "--pwfile", passwordFile, "--auth", "scram-sha-256",
      "--encoding", "UTF8", "--locale", "C", "--no-instructions", ...(durable ? [] : ["--no-sync"]),
    ], draft);
    if (!ok) throw serverFailure(`The data directory ${directory} could not be made`, parent, "initdb", lines.slice(-12));
    await rm(directory, { recursive: true, force: true }); // empty: it was looked at before
    await rename(draft, directory);
    await syncDirectory(parent);
  } finally {
    await rm(passwordFile, { force: true });
    await rm(draft, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}

async function removeDrafts(directory: string): Promise<void> {
  const parent = dirname(directory);
  const drafts = (await readdir(parent)).filter((name) => name.startsWith(`${basename(directory)}.draft-`));
  // What a dying initdb still holds on to goes at the next start.
  await Promise.all(drafts.map((name) => rm(join(parent, name), { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined)));
}

async function hasFiles(directory: string): Promise<boolean> {
  try {
    return (await readdir(directory)).length > 0;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
}
