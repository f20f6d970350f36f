import type { Client } from "pg";
import { inThousands, type Examined } from "./finding.js";
import { judgeAll } from "./law-query.js";

/** The sweeper looks every second; after this it is not late but gone. */
const unsweptSeconds = 60;

/** A letter a step: Made, Changed, Released, Expired, claimed (K). */
const parts = `
  reservation AS MATERIALIZED (
    SELECT substr(stream_id, length('reservation-') + 1) COLLATE "C" AS id,
      string_agg(CASE type WHEN 'ReservationClaimed' THEN 'K' ELSE substr(type, length('Reservation') + 1, 1) END, '' ORDER BY version) AS steps,
      (array_agg((data->'lines')::json ORDER BY version DESC) FILTER (WHERE type IN ('ReservationMade', 'ReservationChanged')))[1] AS lines,
      max(data->>'buyer') AS buyer, max((data->>'expiresAt')::timestamptz) AS expires_at,
      max(data->>'orderId') FILTER (WHERE type = 'ReservationClaimed') AS order_id
    FROM event_log WHERE stream_category = 'reservation' GROUP BY stream_id
  ),
  placed AS (
    SELECT data->>'reservationId' COLLATE "C" AS id, data->>'orderId' AS order_id
    FROM event_log WHERE type = 'OrderPlaced' AND strpos(data::text, '"reservationId":') > 0 AND data->>'reservationId' IS NOT NULL
  ),
  line AS (
    SELECT r.id || '/' || l.sku COLLATE "C" AS id, CASE WHEN l."unitIds" IS NULL THEN l.quantity ELSE 0 END AS quantity, l."saleId" AS sale_id, r.buyer, r.expires_at
    FROM reservation r CROSS JOIN LATERAL json_to_recordset(r.lines) AS l (sku text, quantity bigint, "saleId" text, "unitIds" jsonb)
    WHERE r.steps ~ '^MC*$'
  )`;

/** One whose time is over may have lost its units to somebody who needed them. Numbered units say themselves who holds them. */
const linesJudged = `
  SELECT id AS key, 'reservation ' || replace(id, '/', ', ') || ': ' || nullif(concat_ws('; ',
    CASE WHEN h.id IS NULL THEN format('%s are reserved, and nothing holds them', l.quantity) END,
    CASE WHEN l.id IS NULL THEN format('%s are held, and no open reservation has them', h.quantity) END,
    CASE WHEN h.id <> h.reservation_id || '/' || h.sku THEN format('its line stands for %s of reservation %s', h.sku, h.reservation_id) END,
    CASE WHEN h.quantity <> l.quantity AND NOT (h.quantity = 0 AND l.expires_at <= now()) THEN format('%s are held, %s are reserved', h.quantity, l.quantity) END,
    CASE WHEN (h.buyer, coalesce(h.sale_id, ''), h.expires_at) <> (l.buyer, coalesce(l.sale_id, ''), l.expires_at) THEN 'its line has another buyer, sale or end than its stream' END
  ), '') AS text
  FROM line l FULL JOIN hold_line h USING (id)`;

const streamsJudged = `
  SELECT id AS key, 'reservation ' || id || ': ' || nullif(concat_ws('; ',
    CASE WHEN r.id IS NULL THEN format('order %s took it over, and there is no such reservation', p.order_id) END,
    CASE WHEN r.steps !~ '^MC*(R|E?K?)$' THEN format('its steps %s are none that the rules allow', r.steps) END,
    CASE WHEN r.id IS NOT NULL AND p.order_id IS DISTINCT FROM r.order_id
      THEN format('its stream says that %s claimed it, and %s', coalesce('order ' || r.order_id, 'nobody'), coalesce('order ' || p.order_id || ' did', 'no order did')) END
  ), '') AS text
  FROM reservation r FULL JOIN placed p USING (id)`;

const unsweptJudged = `
  SELECT 'reservation ' || id AS key, CASE WHEN expires_at < now() - $1 * interval '1 second' THEN format('reservation %s was over at %s', id, to_json(expires_at)#>>'{}') END AS text
  FROM reservation WHERE steps ~ '^MC*$'
  UNION ALL
  SELECT 'sale ' || id, CASE WHEN ends_at < now() - $1 * interval '1 second' THEN format('sale %s was over at %s', id, to_json(ends_at)#>>'{}') END FROM sale WHERE NOT ended`;

/** What is held is held by an open reservation, whose stream says the same; what was claimed belongs to the order that says so. */
export async function examineReservations(client: Client): Promise<Examined[]> {
  const lines = await judgeAll(client, parts, linesJudged);
  const streams = await judgeAll(client, parts, streamsJudged);
  const unswept = await judgeAll(client, parts, unsweptJudged, [unsweptSeconds]);
  return [{
    check: "reservation_lines", where: "primary", examined: `what is held is what open reservations say, ${inThousands(lines.examined)} lines`,
    wrong: "lines that are held and not reserved, or reserved and not held", problems: lines.problems, count: lines.count,
    remedy: "hold_line or event_log was changed beside the command bus: set the line to what the reservation's stream says.",
  }, {
    check: "reservations", where: "primary", examined: `each stream is one that the rules allow, each claim is one order's, ${inThousands(streams.examined)} reservations`,
    wrong: "reservations with a stream that the rules forbid, or with another order than their own", problems: streams.problems, count: streams.count,
    remedy: "An event was written, changed or deleted beside the command bus: look at who may write into event_log.",
  }, {
    check: "sweeper", where: "primary", severity: "warn", examined: `nothing is over for more than ${String(unsweptSeconds)} s without being ended`,
    wrong: "reservations and sales are over, and nobody ends them", problems: unswept.problems, count: unswept.count,
    remedy: "Start a worker (`millrace worker`): until then their units are given back only when somebody needs them.",
  }];
}
