import type { Client } from "pg";
import { withClient } from "../../platform/postgres/connection.js";

/** A scan of a long log takes its time, and must not take for ever. */
const statementTimeoutMs = 120_000;

/** Sorting and hashing a log of some 100,000 events without a file; what is larger goes to disk. */
const settings = { work_mem: "64MB", jit: "off", TimeZone: "UTC", default_transaction_read_only: "on" } as const;

/**
 * Runs `work` in one read-only snapshot of a database: all that it reads belongs to one moment, however busy the
 * system is. Blocks nobody; while it lasts, vacuum keeps what was deleted since.
 */
export async function inSnapshot<Result>(url: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  return withClient({ url, applicationName: "millrace doctor", statementTimeoutMs, serverSettings: settings }, async (client) => {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const result = await work(client);
    await client.query("ROLLBACK");
    return result;
  });
}

/** For questions that each want the present. */
export async function atPresent<Result>(url: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  return withClient({ url, applicationName: "millrace doctor", statementTimeoutMs, serverSettings: settings }, work);
}
