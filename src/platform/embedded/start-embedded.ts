import { chmod, mkdir, realpath, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Logger } from "../log/logger.js";
import { adminRole } from "./data-directory.js";
import { lockDirectory } from "./directory-lock.js";
import { directoryError, EmbeddedError } from "./embedded-error.js";
import { writeKept, type EmbeddedSecrets } from "./kept-state.js";
import { PostgresServer } from "./postgres-server.js";
import { appRole, urlOf } from "./server-database.js";
import { settingsFor, type ServerSettings } from "./server-settings.js";
import { bringUp, inspect, keptState, programsFor, takePorts, type Start } from "./start-steps.js";

export { EmbeddedError };

export interface EmbeddedOptions {
  /** Made where absent. Everything is under it; it may be moved while nothing runs. */
  readonly dataDir: string;
  /** Read nodes, 1 or more; nodes of an earlier start beyond this number stay down. */
  readonly nodeCount: number;
  readonly logger: Logger;
  /** Database on every server; default `millrace`. */
  readonly database?: string;
  /** PostgreSQL settings over the defaults, for all servers. `fsync: "off"` also makes them without waiting for the disk. */
  readonly settings?: ServerSettings;
}

/** One server. After `start` following `stop` its port, and so its URLs, are the same. */
export interface EmbeddedServer {
  /** `primary`, `node1`, `node2` … */
  readonly name: string;
  readonly port: number;
  readonly dataDirectory: string;
  readonly logFile: string;
  /** As superuser: for migrations and replication. */
  readonly adminUrl: string;
  /** As `millrace_app`, which may connect and has no other right of its own. */
  readonly appUrl: string;
  /** Idempotent; resolves when the process has ended. */
  stop(): Promise<void>;
  /** Idempotent; resolves when it takes connections. */
  start(): Promise<void>;
}

export interface EmbeddedServers {
  readonly primary: EmbeddedServer;
  readonly nodes: readonly EmbeddedServer[];
  readonly secrets: EmbeddedSecrets;
  /** The primary was made by this start: it is empty. */
  readonly fresh: boolean;
  /** Nodes first, then the primary; idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts a primary and its read nodes; recovers whatever a killed process left.
 * A server that ends by itself later is started again.
 * @throws EmbeddedError with one sentence that says what to do
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServers> {
  if (!Number.isSafeInteger(options.nodeCount) || options.nodeCount < 0) throw new RangeError("nodeCount must be a whole number, 0 or more");
  let dataDir = resolve(options.dataDir);
  try {
    dataDir = await prepareDirectory(dataDir);
    const lock = await lockDirectory(dataDir);
    try {
      return await startLocked(dataDir, options, () => lock.release());
    } catch (error) {
      await lock.release();
      throw error;
    }
  } catch (error) {
    throw directoryError(dataDir, error);
  }
}

async function startLocked(dataDir: string, options: EmbeddedOptions, release: () => Promise<void>): Promise<EmbeddedServers> {
  const names = ["primary", ...Array.from({ length: options.nodeCount }, (_, index) => `node${String(index + 1)}`)];
  const start: Start = {
    dataDir,
    database: options.database ?? "millrace",
    kept: await keptState(dataDir),
    programs: await programsFor(dataDir),
    durable: options.settings?.fsync !== "off",
    logger: options.logger,
  };
  const servers = names.map((name) => new PostgresServer({
    name,
    dataDirectory: join(dataDir, name),
    logFile: join(dataDir, `${name}.log`),
    settings: settingsFor(name, options.settings),
    programs: start.programs,
    logger: options.logger,
  }));
  const found = await Promise.all(servers.map((server) => inspect(start, server)));
  await takePorts(start, names);
  const outcomes = await Promise.allSettled(servers.map((server, index) => bringUp(start, server, found[index] === "absent")));
  const failure = outcomes.find((outcome) => outcome.status === "rejected");
  if (!failure) await writeKept(dataDir, start.kept); // that they are made, and on which ports
  if (failure) {
    await Promise.allSettled(servers.map((server) => server.stop()));
    throw failure.reason;
  }
  const [primary, ...nodes] = servers.map((server) => handleOf(start, server));
  if (!primary) throw new Error("there is always a primary");
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= stopAll(servers).finally(release));
  return { primary, nodes, secrets: start.kept.secrets, fresh: found[0] === "absent", stop };
}

async function prepareDirectory(dataDir: string): Promise<string> {
  const made = await mkdir(dataDir, { recursive: true, mode: 0o755 });
  // A strict umask would keep the servers' user out of what root has just made; the secrets' files are 0600.
  if (made !== undefined && process.getuid?.() === 0) await chmod(dataDir, 0o711);
  const path = await realpath(dataDir);
  if (!(await stat(path)).isDirectory()) throw Object.assign(new Error("a file is in the way"), { code: "ENOTDIR" });
  return path;
}

async function stopAll([primary, ...nodes]: readonly PostgresServer[]): Promise<void> {
  const outcomes = await Promise.allSettled(nodes.map((node) => node.stop()));
  await primary?.stop();
  const failure = outcomes.find((outcome) => outcome.status === "rejected");
  if (failure) throw failure.reason;
}

function handleOf(start: Start, server: PostgresServer): EmbeddedServer {
  const { name, dataDirectory, logFile } = server.options;
  const { port } = server;
  const { database, kept } = start;
  return {
    name, port, dataDirectory, logFile,
    adminUrl: urlOf(port, database, adminRole, kept.adminPassword),
    appUrl: urlOf(port, database, appRole, kept.appPassword),
    stop: () => server.stop(),
    start: () => server.start(),
  };
}
