import type { Client } from "pg";
import { quoteName, quoteRelation, type Build } from "./build.js";
import type { ReadTable } from "./read-table.js";

/** Keys told at most; one is enough to know that something is wrong. */
const differencesMax = 20;

/** Keys whose rows differ, or that only one side has. */
export async function compareRelations(client: Client, table: ReadTable, left: string, right: string): Promise<readonly string[]> {
  const key = quoteName(table.key.name);
  const columns = (side: string): string => `ROW(${table.columns.map(({ name }) => `${side}.${quoteName(name)}`).join(", ")})`;
  const { rows } = await client.query<{ key: string }>(
    `SELECT coalesce(l.${key}, r.${key}) AS key FROM ${left} l FULL JOIN ${right} r ON l.${key} = r.${key}
     WHERE ${columns("l")} IS DISTINCT FROM ${columns("r")} ORDER BY 1 LIMIT ${differencesMax}`);
  return rows.map((row) => row.key);
}

/**
 * Compares two builds that stand at the same checkpoint. Rows of streams with parked events may differ by right:
 * with such on either side nothing is compared.
 */
export async function compareTables(client: Client, table: ReadTable, live: Build, built: Build): Promise<readonly string[]> {
  if (live.parked > 0 || built.parked > 0) return [];
  // The fold's connection avoids scans; a comparison is nothing else.
  await client.query("SET LOCAL enable_seqscan = on");
  return compareRelations(client, table, quoteRelation(live.tableName), quoteRelation(built.tableName));
}
