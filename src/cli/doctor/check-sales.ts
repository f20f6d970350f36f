import type { Client } from "pg";
import { inThousands, type Examined } from "./finding.js";
import { calledOff, judgeAll } from "./law-query.js";

/** What orders that are not called off have from sales; the search in the text spares most of them from being parsed. */
const ordered = `${calledOff},
  ordered AS MATERIALIZED (
    SELECT l."saleId" AS sale_id, l."saleId" || '/customer:' || (e.data->>'customerId') AS id, l.quantity - coalesce(o.quantity, 0) AS quantity
    FROM event_log e CROSS JOIN LATERAL (SELECT (e.data->'lines')::json AS lines OFFSET 0) x
    CROSS JOIN LATERAL json_to_recordset(x.lines) AS l ("saleId" text, sku text, quantity bigint)
    LEFT JOIN lines_off o ON o.stream_id = e.stream_id AND o.sku = l.sku
    WHERE e.type = 'OrderPlaced' AND strpos(e.data::text, '"saleId":') > 0 AND l."saleId" IS NOT NULL
      AND NOT EXISTS (SELECT FROM called_off c WHERE c.stream_id = e.stream_id)
  )`;

/** Every fact, on whatever kind of stream it stands. */
const parts = `${ordered},
  fact AS (
    SELECT f."saleId" AS sale_id, f.version, f."left" AS left_units, f.held, f.sold,
      f."leftDelta" AS left_delta, f."heldDelta" AS held_delta, f."soldDelta" AS sold_delta
    FROM event_log e
    CROSS JOIN LATERAL (SELECT (e.data->'sales')::json AS sales OFFSET 0) s
    CROSS JOIN LATERAL json_to_recordset(CASE WHEN json_typeof(s.sales) = 'array' THEN s.sales END) AS f ("saleId" text, version integer, "left" bigint, held bigint,
      sold bigint, "leftDelta" bigint, "heldDelta" bigint, "soldDelta" bigint)
    WHERE strpos(e.data::text, '"sales":') > 0
  ),
  chain AS (
    SELECT *, row_number() OVER so_far AS nth, sum(left_delta) OVER so_far AS left_sum, sum(held_delta) OVER so_far AS held_sum, sum(sold_delta) OVER so_far AS sold_sum
    FROM fact WINDOW so_far AS (PARTITION BY sale_id COLLATE "C" ORDER BY version ROWS UNBOUNDED PRECEDING)
  ),
  told AS (
    SELECT sale_id COLLATE "C" AS id, max(version) AS version, min(nth) FILTER (WHERE version <> nth) AS broken_at,
      min(version) FILTER (WHERE left_units <> left_sum OR held <> held_sum OR sold <> sold_sum) AS wrong_at,
      sum(left_delta) AS left_units, sum(held_delta) AS held, sum(sold_delta) AS sold
    FROM chain GROUP BY 1
  ),
  terms AS (
    SELECT t."saleId" COLLATE "C" AS id, t.allocation, ROW(t.sku, t."priceMinor", t.currency, t."startsAt", t."endsAt", t."limitPerCustomer", t."holdSeconds", t."waitingRoom" IS NOT NULL)::text AS terms
    FROM event_log CROSS JOIN LATERAL json_to_record(data::json) AS t ("saleId" text, sku text, "priceMinor" bigint, currency text, allocation bigint,
      "startsAt" timestamptz, "endsAt" timestamptz, "limitPerCustomer" bigint, "holdSeconds" integer, "waitingRoom" jsonb)
    WHERE type = 'SaleScheduled'
  ),
  now_held AS (SELECT sale_id COLLATE "C" AS id, sum(quantity) AS units FROM hold_line WHERE sale_id IS NOT NULL GROUP BY 1),
  now_sold AS (SELECT sale_id COLLATE "C" AS id, sum(quantity) AS units FROM ordered GROUP BY 1)`;

/** The law of a sale: null where all of it holds. Units that come back once its time is over go to the shelf, also before it was ended. */
const judged = `
  SELECT id AS key, 'sale ' || id || ': ' || nullif(concat_ws('; ',
    CASE WHEN s.id IS NULL THEN 'there is no row of it' END,
    CASE WHEN m.id IS NULL THEN 'it was never scheduled' END,
    CASE WHEN t.broken_at IS NOT NULL THEN format('its facts have no version %s or have it twice', t.broken_at) END,
    CASE WHEN t.broken_at IS NULL AND t.wrong_at IS NOT NULL THEN format('the fact of version %s is not the sum of those before it', t.wrong_at) END,
    CASE WHEN s.version <> coalesce(t.version, 0) THEN format('its row is at version %s, its last fact at %s', s.version, coalesce(t.version, 0)) END,
    CASE WHEN (s.left_units, s.held, s.sold) <> (t.left_units, t.held, t.sold)
      THEN format('left, held and sold are %s, %s, %s, and its facts add up to %s, %s, %s', s.left_units, s.held, s.sold, t.left_units, t.held, t.sold) END,
    CASE WHEN NOT s.ended AND s.ends_at > now() AND s.left_units + s.held + s.sold <> m.allocation OR s.left_units + s.held + s.sold > m.allocation
      THEN format('left + held + sold is %s, set aside were %s', s.left_units + s.held + s.sold, m.allocation) END,
    CASE WHEN s.ended AND s.left_units <> 0 THEN format('it has ended, and %s are left in it', s.left_units) END,
    CASE WHEN s.ended <> EXISTS (SELECT FROM event_log e WHERE e.stream_id = 'sale-' || s.id AND e.type = 'SaleEnded') THEN 'its row and its stream do not agree whether it has ended' END,
    CASE WHEN s.held <> coalesce(h.units, 0) THEN format('held is %s, reservations hold %s', s.held, coalesce(h.units, 0)) END,
    CASE WHEN s.sold <> coalesce(o.units, 0) THEN format('sold is %s, orders have %s', s.sold, coalesce(o.units, 0)) END,
    CASE WHEN ROW(s.sku, s.price_minor, s.currency, s.starts_at, s.ends_at, s.limit_per_customer, s.hold_seconds, s.waiting_room)::text <> m.terms
      THEN 'its terms are not those that it was scheduled with' END
  ), '') AS text
  FROM told t FULL JOIN sale s USING (id) LEFT JOIN terms m USING (id) LEFT JOIN now_held h USING (id) LEFT JOIN now_sold o USING (id)`;

/** Expired holds do not count: whoever let one expire may reserve anew. */
const buyers = `${ordered},
  has AS (SELECT id COLLATE "C" AS id, sum(quantity) AS units FROM ordered GROUP BY 1),
  holds AS (SELECT (sale_id || '/' || buyer) COLLATE "C" AS id, sum(quantity) AS units FROM hold_line WHERE sale_id IS NOT NULL AND expires_at > now() GROUP BY 1)`;

const buyersJudged = `
  SELECT k.id AS key, replace(k.id, '/', ', ') || ': ' || nullif(concat_ws('; ',
    CASE WHEN k.counted <> k.bought THEN format('%s count as bought, orders have %s', k.counted, k.bought) END,
    CASE WHEN k.bought + k.holding > s.limit_per_customer THEN format('%s bought and %s held, the limit is %s', k.bought, k.holding, s.limit_per_customer) END
  ), '') AS text
  FROM (
    SELECT id, coalesce(b.bought, 0) AS counted, coalesce(a.units, 0) AS bought, coalesce(h.units, 0) AS holding
    FROM sale_buyer b FULL JOIN has a USING (id) FULL JOIN holds h USING (id)
  ) k LEFT JOIN sale s ON s.id = split_part(k.id, '/', 1)`;

/** A sale's counters are what was set aside for it, its reservations and its orders; nobody has more than the limit. */
export async function examineSales(client: Client): Promise<Examined[]> {
  const sales = await judgeAll(client, parts, judged);
  const limits = await judgeAll(client, buyers, buyersJudged);
  return [{
    check: "sale_equations", where: "primary", examined: `left + held + sold = allocation, held and sold are what reservations and orders say, ${inThousands(sales.examined)} sales`,
    wrong: "sales whose counters or terms are not what the events say", problems: sales.problems, count: sales.count,
    remedy: "sale, hold_line or event_log was changed beside the command bus: set the row to what its facts and its SaleScheduled say.",
  }, {
    check: "sale_limits", where: "primary", examined: `bought is what orders have, bought + held <= limit per customer, ${inThousands(limits.examined)} buyers`,
    wrong: "buyers whose count is wrong or above the limit", problems: limits.problems, count: limits.count,
    remedy: "sale_buyer was changed beside the command bus: set it to what the orders have; above a limit, cancel what is too much.",
  }];
}
