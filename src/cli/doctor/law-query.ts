import type { Client } from "pg";
import { problemsMax, type Problem } from "./finding.js";

/** What a law's query came to. */
export interface Judged {
  readonly examined: number;
  readonly count: number;
  readonly problems: readonly Problem[];
}

/**
 * Runs a law over everything in the server and brings only offenders here. `judged` selects `key` and `text`,
 * the text null where the law holds.
 * @param parts common table expressions that `judged` reads, without `WITH`
 */
export async function judgeAll(client: Client, parts: string, judged: string, values: readonly unknown[] = []): Promise<Judged> {
  const { rows: [row] } = await client.query<Judged>(`
    WITH ${parts},
    judged AS MATERIALIZED (${judged}),
    wrong AS (SELECT key, text FROM judged WHERE text IS NOT NULL)
    SELECT (SELECT count(*) FROM judged)::float8 AS examined, (SELECT count(*) FROM wrong)::float8 AS count,
      coalesce((SELECT json_agg(named) FROM (SELECT key, text FROM wrong ORDER BY key, text LIMIT ${problemsMax}) named), '[]') AS problems`, [...values]);
  if (!row) throw new Error("the primary did not answer");
  return row;
}

/** Orders that a job works for, or will: whatever is unfinished about them is on its way. Dead letters move nothing. */
export const pendingOrders = `
  pending AS MATERIALIZED (
    SELECT DISTINCT data->>'correlationId' AS order_id FROM pgboss.job
    WHERE state IN ('created', 'retry', 'active') AND name NOT LIKE '%.dead' AND data->>'correlationId' IS NOT NULL
  )`;

/** Streams of orders that are called off, those that came back not among them; and units that were called off line by line. */
export const calledOff = `
  called_off AS MATERIALIZED (
    SELECT stream_id FROM event_log WHERE type IN ('OrderCancelled', 'OrderReinstated')
    GROUP BY stream_id HAVING (array_agg(type ORDER BY version DESC))[1] = 'OrderCancelled'
  ),
  lines_off AS MATERIALIZED (
    SELECT e.stream_id, l.sku, sum(l.quantity) AS quantity
    FROM event_log e CROSS JOIN LATERAL json_to_recordset((e.data->'cancelled')::json) AS l (sku text, quantity bigint)
    WHERE e.type = 'OrderLinesCancelled' GROUP BY e.stream_id, l.sku
  )`;
