import { createHash } from "node:crypto";
import type { Pool, PoolClient } from "pg";
import { nodeDataLock } from "../postgres/advisory-locks.js";
import { inTransaction } from "../postgres/connection.js";
import { quoteName, quoteRelation } from "./build.js";
import { registryChannel, registryLock } from "./registry.js";
import type { ViewDefinition } from "./view.js";

/** A view over tables that did not change is still refreshed this often, since its query may look at the clock. */
const unchangedEverySeconds = 60;

/**
 * Refreshes a view, or makes it anew where the tables that it reads are other ones than before. The relation is
 * named by its query, tables included, so a view never changes its tables under a reader.
 * @returns false where one of its projections has no table yet
 */
export async function refreshView(pool: Pool, view: ViewDefinition): Promise<boolean> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query<{ name: string; table_name: string; checkpoint: number }>(
      "SELECT name, table_name, checkpoint::float8 AS checkpoint FROM read.projection WHERE state = 'active' AND name = ANY($1::text[])", [view.reads]);
    if (rows.length < view.reads.length) return false;
    // Read before the refresh: the view then holds at least this much.
    const checkpoint = Math.min(...rows.map((row) => row.checkpoint));
    const sql = view.sql((name) => relationOf(view, rows, name));
    const relation = `${view.name}_${createHash("sha256").update(JSON.stringify([sql, view.uniqueIndex])).digest("hex").slice(0, 8)}`;
    const { rows: [known] } = await client.query<{ checkpoint: number; due: boolean }>(
      "SELECT checkpoint::float8 AS checkpoint, refreshed_at < now() - make_interval(secs => $2) AS due FROM read.view WHERE relation = $1 AND state = 'active'", [relation, unchangedEverySeconds]);
    if (!known) await createView(client, view, relation, sql, checkpoint);
    else if (known.due || known.checkpoint !== checkpoint) await refresh(client, relation, checkpoint);
    return true;
  } finally {
    client.release();
  }
}

function relationOf(view: ViewDefinition, rows: readonly { name: string; table_name: string }[], name: string): string {
  const row = rows.find((one) => one.name === name);
  if (!row) throw new Error(`the view ${view.name} reads ${name}, and "reads" does not name it`);
  return quoteRelation(row.table_name);
}

async function refresh(client: PoolClient, relation: string, checkpoint: number): Promise<void> {
  await client.query(`REFRESH MATERIALIZED VIEW CONCURRENTLY ${quoteRelation(relation)}`);
  await client.query("UPDATE read.view SET checkpoint = $2, refreshed_at = now() WHERE relation = $1", [relation, checkpoint]);
}

async function createView(client: PoolClient, view: ViewDefinition, relation: string, sql: string, checkpoint: number): Promise<void> {
  await inTransaction(client, async () => {
    await client.query("SELECT pg_advisory_xact_lock_shared($1, $2), pg_advisory_xact_lock($3)", [...nodeDataLock, registryLock]);
    await client.query(`CREATE MATERIALIZED VIEW IF NOT EXISTS ${quoteRelation(relation)} AS ${sql}`);
    await client.query(`CREATE UNIQUE INDEX IF NOT EXISTS ${quoteName(`${relation}_key`)} ON ${quoteRelation(relation)} (${view.uniqueIndex.map(quoteName).join(", ")})`);
    await client.query("UPDATE read.view SET state = 'retired', retired_at = now() WHERE name = $1 AND state = 'active' AND relation <> $2", [view.name, relation]);
    await client.query(
      `INSERT INTO read.view (relation, name, state, checkpoint, refreshed_at) VALUES ($1, $2, 'active', $3, now())
       ON CONFLICT (relation) DO UPDATE SET state = 'active', retired_at = NULL, checkpoint = EXCLUDED.checkpoint, refreshed_at = now()`,
      [relation, view.name, checkpoint]);
    await client.query(`NOTIFY ${registryChannel}`);
  });
}
