import type { Pool, PoolClient } from "pg";
import { nodeDataLock } from "../postgres/advisory-locks.js";
import { inTransaction } from "../postgres/connection.js";
import { sqlStateOf } from "../bus/failure.js";
import { quoteRelation } from "./build.js";

/** A dropped table would wait behind a long report, and every query of it behind the drop: so it gives up soon. */
const lockTimeoutMs = 500;

/** 55P03: somebody still reads it; 2BP01: a view still stands on it; 40P01: both at once. The next sweep tries again. */
const later = new Set(["55P03", "2BP01", "40P01"]);

/**
 * Drops views and tables that were retired at least `graceSeconds` ago: by then no query asks for their names.
 * @returns the names of what was dropped
 */
export async function sweepRetired(pool: Pool, graceSeconds: number): Promise<readonly string[]> {
  const client = await pool.connect();
  try {
    const dropped: string[] = [];
    // Views first: they stand on the tables.
    for (const { relation } of await retiredViews(client, graceSeconds)) {
      if (await drop(client, `DROP MATERIALIZED VIEW IF EXISTS ${quoteRelation(relation)}`, "DELETE FROM read.view WHERE relation = $1 AND state = 'retired'", relation)) dropped.push(relation);
    }
    for (const { relation } of await retiredTables(client, graceSeconds)) {
      if (await drop(client, `DROP TABLE IF EXISTS ${quoteRelation(relation)}`, "DELETE FROM read.projection WHERE table_name = $1 AND state = 'retired'", relation)) dropped.push(relation);
    }
    return dropped;
  } finally {
    client.release();
  }
}

async function retiredViews(client: PoolClient, graceSeconds: number): Promise<readonly { relation: string }[]> {
  const { rows } = await client.query<{ relation: string }>(
    "SELECT relation FROM read.view WHERE state = 'retired' AND retired_at <= now() - make_interval(secs => $1)", [graceSeconds]);
  return rows;
}

async function retiredTables(client: PoolClient, graceSeconds: number): Promise<readonly { relation: string }[]> {
  const { rows } = await client.query<{ relation: string }>(
    "SELECT table_name AS relation FROM read.projection WHERE state = 'retired' AND retired_at <= now() - make_interval(secs => $1)", [graceSeconds]);
  return rows;
}

async function drop(client: PoolClient, dropSql: string, forgetSql: string, relation: string): Promise<boolean> {
  try {
    return await inTransaction(client, async () => {
      await client.query(`SET LOCAL lock_timeout = ${lockTimeoutMs}`);
      await client.query("SELECT pg_advisory_xact_lock_shared($1, $2)", [...nodeDataLock]);
      await client.query(
        "DELETE FROM read.parked_event e USING read.projection p WHERE p.table_name = $1 AND (e.projection, e.version, e.build) = (p.name, p.version, p.build)", [relation]);
      await client.query(forgetSql, [relation]);
      await client.query(dropSql);
      return true;
    });
  } catch (error) {
    if (later.has(sqlStateOf(error) ?? "")) return false;
    throw error;
  }
}
