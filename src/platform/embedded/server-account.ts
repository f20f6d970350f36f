import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { EmbeddedError } from "./embedded-error.js";

const run = promisify(execFile);

/** Who the servers run as, where that is not the user who starts Millrace. */
export interface ServerAccount {
  readonly uid: number;
  readonly gid: number;
}

/**
 * PostgreSQL refuses to run as root: root hands its servers to the owner of the existing data, or to the
 * user `postgres`, who is made where absent.
 * @returns undefined for an ordinary user, whose servers run as that user
 */
export async function accountFor(primaryDirectory: string): Promise<ServerAccount | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(primaryDirectory).catch(() => undefined);
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  try {
    return (await lookUp()) ?? (await create());
  } catch (error) {
    throw new EmbeddedError(
      'PostgreSQL does not run as root, and the user "postgres" could not be made: make it ("useradd --system postgres"), or start Millrace as an ordinary user.',
      { cause: error },
    );
  }
}

async function lookUp(): Promise<ServerAccount | undefined> {
  try {
    const [uid, gid] = await Promise.all(["-u", "-g"].map(async (flag) => Number((await run("id", [flag, "postgres"])).stdout)));
    return uid !== undefined && gid !== undefined ? { uid, gid } : undefined;
  } catch {
    return undefined;
  }
}

async function create(): Promise<ServerAccount> {
  // The group may be there without the user; then it is taken.
  await run("groupadd", ["--force", "--system", "postgres"]);
  await run("useradd", ["--system", "--gid", "postgres", "--no-create-home", "--shell", "/bin/false", "postgres"]);
  const account = await lookUp();
  if (!account) throw new Error("useradd made no user");
  return account;
}

/** @throws EmbeddedError naming the first directory on the way to `path` that the account cannot enter */
export async function assertCanEnter(account: ServerAccount, path: string, what: string): Promise<void> {
  const way: string[] = [];
  for (let directory = path; !way.includes(directory); directory = dirname(directory)) way.unshift(directory);
  for (const directory of way) {
    const { mode, uid, gid } = await stat(directory);
    // Supplementary groups do not count: a process started under another user has none.
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) {
      throw new EmbeddedError(
        `PostgreSQL does not run as root, and the user it runs as (uid ${String(account.uid)}) cannot enter ${directory}, which leads to ${what}: run "chmod o+x ${directory}", or ${what === "the data directory" ? "set MILLRACE_DATA_DIR to a directory elsewhere" : "move the project elsewhere"}, or start Millrace as an ordinary user.`,
      );
    }
  }
}
