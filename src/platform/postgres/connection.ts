import pg, { type ClientConfig, type PoolConfig } from "pg";

/** How one process speaks to one database. All times in milliseconds; 0 switches a limit off. */
export interface ConnectionSettings {
  readonly url: string;
  /** Shown in `pg_stat_activity`, e.g. `millrace api`. */
  readonly applicationName?: string;
  readonly lockTimeoutMs?: number;
  readonly statementTimeoutMs?: number;
  readonly idleInTransactionTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
  /** Further server settings for each connection, e.g. `{ jit: "off" }`. */
  readonly serverSettings?: Readonly<Record<string, string>>;
}

/**
 * For connections that take and settle jobs. The planner knows the table as it was at the last analysis, which in a rush is minutes old: where it expects
 * fifty jobs and a hundred thousand wait, a bitmap scan sorts them all for each fetch (25 ms instead of 1; docs/performance.md).
 */
export const byOrder = { jit: "off", enable_bitmapscan: "off", max_parallel_workers_per_gather: "0" } as const;

/** For connections that work on the primary: all that they read has an index, and for the reason above the planner reads the whole log for a hundred streams. */
export const byIndex = { ...byOrder, enable_seqscan: "off" } as const;

export interface PoolSettings extends ConnectionSettings {
  readonly poolSize: number;
}

const keepAliveDelayMs = 10_000;

/**
 * The timeouts travel in the startup packet: no connection ever runs a statement without them, and none
 * costs a round trip. Behind PgBouncer they must be allowed by its `ignore_startup_parameters`.
 */
export function clientConfig(settings: ConnectionSettings): ClientConfig {
  const { url, applicationName = "millrace", connectTimeoutMs = 5_000, serverSettings = {} } = settings;
  const options = startupOptions(serverSettings);
  return {
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveDelayMs,
    ...(settings.lockTimeoutMs ? { lock_timeout: settings.lockTimeoutMs } : {}),
    ...(settings.statementTimeoutMs ? { statement_timeout: settings.statementTimeoutMs } : {}),
    ...(settings.idleInTransactionTimeoutMs ? { idle_in_transaction_session_timeout: settings.idleInTransactionTimeoutMs } : {}),
    ...(options === "" ? {} : { options }),
  };
}

/** Server settings as the startup packet's `options`. */
export function startupOptions(serverSettings: Readonly<Record<string, string>>): string {
  return Object.entries(serverSettings).map(([name, value]) => `-c ${name}=${value.replace(/([\\\s])/g, "\\$1")}`).join(" ");
}

export function poolConfig(settings: PoolSettings): PoolConfig {
  return { ...clientConfig(settings), max: settings.poolSize };
}

/** A pool for prepared SQL. A connection that dies while idle is replaced; `onError` is told. */
export function createPool(settings: PoolSettings, onError: (error: Error) => void = ignore): pg.Pool {
  const pool = new pg.Pool(poolConfig(settings));
  pool.on("error", onError);
  // While a connection is checked out the pool does not listen, and an unheard 'error' ends the process.
  pool.on("connect", (client) => client.on("error", onError));
  return pool;
}

/** The server ends a statement at its own limit; who is silent for this much longer is not there any more. */
const silenceAllowedMs = 5_000;

/**
 * One connection on which queries may be sent before the earlier ones are answered: a whole step of the
 * command bus in one round trip. Not connected yet. `onLost` hears why the connection is gone; the queries
 * under way are rejected besides.
 */
export function createPipelinedClient(config: ClientConfig, onLost: (error: Error) => void): pg.Client {
  const { statement_timeout: limitMs } = config;
  const client = new pg.Client({ ...config, pipeline: true, ...(limitMs ? { query_timeout: limitMs + silenceAllowedMs } : {}) });
  client.on("error", onLost);
  return client;
}

/** Runs `work` on one connection of its own and closes it. For set-up and checks, not for the hot path. */
export async function withClient<Result>(settings: ConnectionSettings, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client(clientConfig(settings));
  client.on("error", ignore); // the query under way is rejected with it
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(ignore);
  }
}

/** All or nothing: COMMIT when `work` resolves, ROLLBACK when it throws. */
export async function inTransaction<Result>(client: pg.ClientBase, work: () => Promise<Result>): Promise<Result> {
  await client.query("BEGIN");
  try {
    const result = await work();
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch(ignore);
    throw error;
  }
}

function ignore(): void {
  // Nothing to do: whoever waits for the connection hears of it by a rejected promise.
}
