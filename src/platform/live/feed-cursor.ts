import type { ReadNode } from "../projector/read-node.js";

/** How far a feed may tell: everything up to here is folded. */
export interface FeedEdge {
  readonly arrival: number;
  /** Position of the last event at or before `arrival`; "0" where there is none. */
  readonly cursor: string;
  /** Highest arrival of the node's first copy, whose arrivals say nothing about order. */
  readonly bootstrap: number;
}

/** The node's arrival number of a cursor; null where the node does not know it or has it from its first copy. */
export async function findCursor(node: ReadNode, cursor: string): Promise<number | null> {
  if (!/^\d{1,18}$/.test(cursor)) return null;
  const [row] = await node.query<{ arrival: number | null; bootstrap: number | null }>({
    name: "live_feed_cursor",
    text: `SELECT (SELECT arrival FROM event_log WHERE position = $1) AS arrival,
                  (SELECT bootstrap_arrival FROM node_identity) AS bootstrap`,
    values: [cursor],
  });
  const bootstrap = row?.bootstrap ?? null;
  if (!row || bootstrap === null) return null;
  // "0" stands before the first event: known to a node that has had every event in order.
  if (cursor === "0") return bootstrap === 0 ? 0 : null;
  return row.arrival !== null && row.arrival > bootstrap ? row.arrival : null;
}

export async function feedEdge(node: ReadNode, projections: readonly string[]): Promise<FeedEdge> {
  const [row] = await node.query<{ arrival: number; cursor: string | null; bootstrap: number | null }>({
    name: "live_feed_edge",
    text: `SELECT edge.arrival, (SELECT bootstrap_arrival FROM node_identity) AS bootstrap,
                  (SELECT e.position::text FROM event_log e WHERE e.arrival <= edge.arrival ORDER BY e.arrival DESC LIMIT 1) AS cursor
           FROM (SELECT coalesce(min(checkpoint), 0) AS arrival FROM read.projection WHERE state = 'active' AND name = ANY($1::text[])) edge`,
    values: [projections],
  });
  return { arrival: row?.arrival ?? 0, cursor: row?.cursor ?? "0", bootstrap: row?.bootstrap ?? 0 };
}
