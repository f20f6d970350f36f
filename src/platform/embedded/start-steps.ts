import { realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../log/logger.js";
import { adminRole, inspectDataDirectory, makeDataDirectory } from "./data-directory.js";
import { EmbeddedError } from "./embedded-error.js";
import { freePort } from "./free-port.js";
import { newKept, readKept, writeKept, type KeptState } from "./kept-state.js";
import { clearLeftover } from "./leftover-postmaster.js";
import { findBinaries } from "./postgres-binaries.js";
import { PortTaken, type PostgresServer } from "./postgres-server.js";
import { accountFor, assertCanEnter } from "./server-account.js";
import { answersWithDirectory, prepareDatabase, urlOf } from "./server-database.js";
import { ServerPrograms } from "./server-programs.js";

/** What the steps of one start share. */
export interface Start {
  readonly dataDir: string;
  readonly database: string;
  readonly kept: KeptState;
  readonly programs: ServerPrograms;
  readonly durable: boolean;
  readonly logger: Logger;
}

/** Finds the programs and who runs them, and checks that this user gets to all it needs. */
export async function programsFor(dataDir: string): Promise<ServerPrograms> {
  const [binaries, account] = await Promise.all([findBinaries(), accountFor(join(dataDir, "primary"))]);
  if (account) {
    await assertCanEnter(account, dataDir, "the data directory");
    await assertCanEnter(account, await realpath(binaries.postgres), "PostgreSQL's programs");
  }
  return new ServerPrograms(binaries, account);
}

/** Written before the first server is made, so that no server has a password that was lost. */
export async function keptState(dataDir: string): Promise<KeptState> {
  const kept = await readKept(dataDir);
  if (kept) return kept;
  if (await stat(join(dataDir, "primary", "PG_VERSION")).catch(() => undefined)) {
    throw new EmbeddedError(`${join(dataDir, "servers.json")} is missing, and the databases' passwords stand in it: restore it from a backup, or remove ${dataDir} to begin anew without its data.`);
  }
  const fresh = newKept();
  await writeKept(dataDir, fresh);
  return fresh;
}

/** Looks what is there, and ends what still runs there. */
export async function inspect(start: Start, { options: { name, dataDirectory } }: PostgresServer): Promise<"usable" | "absent"> {
  const found = await inspectDataDirectory(dataDirectory, start.kept.servers[name]?.made ?? false, start.logger);
  const answers = (port: number): Promise<boolean> => answersWithDirectory(adminUrl(start, port), dataDirectory);
  if (found === "usable") await clearLeftover(dataDirectory, start.programs, answers, start.logger);
  return found;
}

/** One after the other, so that no two servers get the same. */
export async function takePorts(start: Start, names: readonly string[]): Promise<void> {
  const taken = new Set<number>();
  for (const name of names) {
    const kept = start.kept.servers[name];
    const port = await freePort(kept?.port, taken);
    taken.add(port);
    start.kept.servers[name] = { port, made: kept?.made ?? false };
  }
  await writeKept(start.dataDir, start.kept);
}

/** From whatever is there to a running server with its database and role. */
export async function bringUp(start: Start, server: PostgresServer, absent: boolean): Promise<void> {
  const { name, dataDirectory } = server.options;
  const own = start.kept.servers[name];
  if (!own) throw new Error(`no port was taken for ${name}`);
  if (absent) await makeDataDirectory(dataDirectory, start.kept.adminPassword, start.programs, start.durable);
  try {
    await server.start(own.port);
  } catch (error) {
    if (!(error instanceof PortTaken)) throw error;
    own.port = await freePort(undefined, new Set(Object.values(start.kept.servers).map(({ port }) => port)));
    await server.start(own.port);
  }
  own.made = true;
  try {
    await prepareDatabase(adminUrl(start, own.port), start.database, start.kept.appPassword);
  } catch (error) {
    throw new EmbeddedError(`PostgreSQL (${name}) runs, but its database cannot be prepared (${error instanceof Error ? error.message : String(error)}): ${server.options.logFile} says more.`, { cause: error });
  }
}

/** In the database that every server has from the beginning. */
function adminUrl(start: Start, port: number): string {
  return urlOf(port, "postgres", adminRole, start.kept.adminPassword);
}
