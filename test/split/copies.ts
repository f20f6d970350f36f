import { createHash } from "node:crypto";
import pg from "pg";
import { withClient } from "../../src/platform/postgres/connection.js";

/** What a node shows: of each read table how many rows, and what they add up to. */
export type Copy = Readonly<Record<string, string>>;

/** The rows of all read tables of a node; two nodes that have read the same log show the same. */
export async function copyOf(nodeUrl: string): Promise<Copy> {
  return withClient({ url: nodeUrl }, async (client) => {
    const { rows: tables } = await client.query<{ name: string; table: string }>(
      "SELECT name, table_name AS table FROM read.projection WHERE state = 'active' ORDER BY name");
    const copy: Record<string, string> = {};
    for (const { name, table } of tables) {
      const { rows } = await client.query<{ row: string }>(`SELECT to_jsonb(t)::text AS row FROM read.${pg.escapeIdentifier(table)} t ORDER BY 1`);
      copy[name] = `${String(rows.length)} rows, ${createHash("sha256").update(rows.map(({ row }) => row).join("\n")).digest("hex").slice(0, 12)}`;
    }
    return copy;
  });
}

/** How many orders a node shows in each status. */
export async function ordersOf(nodeUrl: string): Promise<Readonly<Record<string, number>>> {
  return withClient({ url: nodeUrl }, async (client) => {
    const { rows: [active] } = await client.query<{ table: string }>("SELECT table_name AS table FROM read.projection WHERE name = 'order_card' AND state = 'active'");
    if (!active) return {};
    const { rows } = await client.query<{ status: string; count: number }>(`SELECT status, count(*)::int FROM read.${pg.escapeIdentifier(active.table)} GROUP BY 1`);
    return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
  });
}
