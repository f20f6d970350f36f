import type { Pool } from "pg";
import type { ProjectionLag } from "./read-node.js";

/** Counting further tells nothing more. */
const countedMax = 100_000;

const lagSql = `
  SELECT p.name AS projection, waiting.events::int AS events,
         coalesce(greatest(0, extract(epoch FROM clock_timestamp() - oldest.recorded_at) * 1000), 0)::float8 AS milliseconds
  FROM read.projection p
  CROSS JOIN (SELECT coalesce(bootstrap_arrival, 0) AS mark FROM node_identity) n
  CROSS JOIN LATERAL (
    SELECT (SELECT count(*) FROM (SELECT FROM event_log e WHERE e.arrival > greatest(p.checkpoint, n.mark) LIMIT ${countedMax}) later)
         + CASE WHEN p.checkpoint < n.mark
             THEN (SELECT count(*) FROM (SELECT FROM event_log e WHERE e.position > p.bootstrap_position AND e.arrival <= n.mark LIMIT ${countedMax}) first) ELSE 0 END AS events
  ) waiting
  LEFT JOIN LATERAL (
    SELECT e.recorded_at FROM event_log e
    WHERE waiting.events > 0 AND CASE WHEN p.checkpoint < n.mark THEN e.position > p.bootstrap_position ELSE true END AND e.arrival > p.checkpoint
    ORDER BY e.arrival LIMIT 1
  ) oldest ON true
  WHERE p.state = 'active'
  ORDER BY p.name`;

/** How far each projection is behind what the node has received; the age by the node's clock. */
export async function readLag(pool: Pool): Promise<readonly ProjectionLag[]> {
  const { rows } = await pool.query<ProjectionLag>({ name: "projection_lag", text: lagSql });
  return rows.map((row) => ({ ...row, milliseconds: Math.round(row.milliseconds) }));
}
