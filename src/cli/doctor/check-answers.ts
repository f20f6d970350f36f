import type { Client } from "pg";
import { inThousands, type Examined } from "./finding.js";
import { judgeAll } from "./law-query.js";

/** Answers are kept at least that long; the clean-up removes them after twice that. */
const answersKeptHours = 24;

/**
 * An order's id is its command's id: so the answers of `placeOrder` tell themselves from all others.
 * Each event is parsed once, which is most of the work.
 */
const parts = `
  placed AS (
    SELECT d."orderId" AS order_id, count(*) AS times, array_agg(stream_id || '@' || version ORDER BY position) AS events,
      min(stream_id) AS stream_id, max(recorded_at) AS recorded_at, (array_agg(d.totals))[1] AS totals
    FROM event_log CROSS JOIN LATERAL json_to_record(data::json) AS d ("orderId" text, totals jsonb) WHERE type = 'OrderPlaced' GROUP BY 1
  ),
  given AS (
    SELECT id::text AS order_id, (answer->'answer'->'totals')::jsonb AS totals FROM command_answer WHERE answer->'answer'->>'orderId' = id::text
  )`;

const judged = `
  SELECT order_id AS key, 'order ' || order_id || ': ' || nullif(concat_ws('; ',
    CASE WHEN p.order_id IS NULL THEN 'it was accepted, and there is no OrderPlaced of it (lost)' END,
    CASE WHEN p.times > 1 THEN format('it was placed %s times (doubled): %s', p.times, array_to_string(p.events[1:5], ', ')) END,
    CASE WHEN p.times = 1 AND p.stream_id <> 'order-' || order_id THEN format('it stands on the stream %s', p.stream_id) END,
    CASE WHEN g.order_id IS NULL AND p.recorded_at > now() - $1 * interval '1 hour' THEN 'it was placed, and no command was ever answered with it (doubled)' END,
    CASE WHEN g.totals::jsonb <> p.totals::jsonb THEN 'its buyer was told another total' END
  ), '') AS text
  FROM placed p FULL JOIN given g USING (order_id)`;

/** Every accepted order is in exactly one place, and nothing is there that nobody was promised. */
export async function examineAnswers(client: Client): Promise<Examined> {
  const { examined, count, problems } = await judgeAll(client, parts, judged, [answersKeptHours]);
  return {
    check: "orders_accepted", where: "primary", examined: `each answer has its one OrderPlaced and each OrderPlaced its answer, ${inThousands(examined)} orders`,
    wrong: "orders that are lost or doubled", problems, count,
    remedy: "An order and its answer are written in one transaction: event_log or command_answer was changed beside the command bus.",
  };
}

/** The versions of every stream, of whatever kind, are 1 to n. */
export async function examineStreams(client: Client): Promise<Examined> {
  const { examined, count, problems } = await judgeAll(client,
    "stream AS (SELECT stream_id, count(*) AS events, min(version) AS first, max(version) AS last FROM event_log GROUP BY stream_id)",
    `SELECT stream_id AS key, CASE WHEN first <> 1 OR last <> events THEN format('%s: %s events with versions %s to %s', stream_id, events, first, last) END AS text FROM stream`);
  return {
    check: "log_versions", where: "primary", examined: `versions of every stream are gapless, ${inThousands(examined)} streams`,
    wrong: "streams with a gap in their versions", problems, count,
    remedy: "Events were deleted from event_log: restore them from a node's log or from a backup.",
  };
}
