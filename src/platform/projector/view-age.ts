import type { ReadNode } from "./read-node.js";

/** When the oldest of these materialized views was last refreshed, RFC 3339 UTC; null where one never was. */
export async function viewsRefreshedAt(node: ReadNode, views: readonly string[]): Promise<string | null> {
  const [row] = await node.query<{ refreshedAt: string | null }>({
    name: "views_refreshed_at",
    text: `SELECT CASE WHEN count(*) = cardinality($1::text[]) THEN min(refreshed_at) END AS "refreshedAt" FROM read.view WHERE state = 'active' AND name = ANY($1::text[])`,
    values: [views],
  });
  return row?.refreshedAt ?? null;
}
