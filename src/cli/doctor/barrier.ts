import { setTimeout as pause } from "node:timers/promises";
import type { Client } from "pg";

const lookEveryMs = 50;

/** Where the primary's WAL ends now: all that has been committed and written lies before it. */
export async function walEnd(client: Client): Promise<string> {
  const { rows: [row] } = await client.query<{ lsn: string }>("SELECT pg_current_wal_lsn()::text AS lsn");
  if (!row) throw new Error("the primary does not tell its place in the WAL");
  return row.lsn;
}

/**
 * Waits until a node has confirmed the WAL up to `lsn`: then it holds every event committed before.
 * @returns false where `timeoutMs` passed first
 */
export async function confirmed(primary: Client, slotName: string, lsn: string, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const { rows } = await primary.query<{ there: boolean | null }>(
      "SELECT confirmed_flush_lsn >= $2::pg_lsn AS there FROM pg_replication_slots WHERE slot_name = $1", [slotName, lsn]);
    if (rows[0]?.there === true) return true;
    if (Date.now() >= deadline) return false;
    await pause(lookEveryMs);
  }
}
