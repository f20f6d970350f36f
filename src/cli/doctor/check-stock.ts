import type { Client } from "pg";
import { inThousands, type Examined } from "./finding.js";
import { judgeAll } from "./law-query.js";

/** Every fact, on whatever kind of stream it stands; the search in the text spares most events from being parsed. */
const parts = `
  fact AS (
    SELECT f.sku, f.version, f."onHand" AS on_hand, f.reserved, f."onHandDelta" AS on_hand_delta, f."reservedDelta" AS reserved_delta
    FROM event_log e
    CROSS JOIN LATERAL (SELECT (e.data->'stock')::json AS stock OFFSET 0) s
    CROSS JOIN LATERAL json_to_recordset(CASE WHEN json_typeof(s.stock) = 'array' THEN s.stock END) AS f (sku text, version integer, "onHand" bigint, reserved bigint, "onHandDelta" bigint, "reservedDelta" bigint)
    WHERE strpos(e.data::text, '"stock":') > 0
  ),
  chain AS (
    SELECT *, row_number() OVER so_far AS nth, sum(on_hand_delta) OVER so_far AS on_hand_sum, sum(reserved_delta) OVER so_far AS reserved_sum
    FROM fact WINDOW so_far AS (PARTITION BY sku COLLATE "C" ORDER BY version ROWS UNBOUNDED PRECEDING)
  ),
  told AS (
    SELECT sku COLLATE "C" AS sku, count(*) AS facts, max(version) AS version,
      min(nth) FILTER (WHERE version <> nth) AS broken_at,
      min(version) FILTER (WHERE on_hand <> on_hand_sum OR reserved <> reserved_sum) AS wrong_at,
      min(version) FILTER (WHERE reserved < 0 OR reserved > on_hand) AS impossible_at,
      sum(on_hand_delta) FILTER (WHERE on_hand_delta > 0) AS came_in, -sum(on_hand_delta) FILTER (WHERE on_hand_delta < 0) AS went_out,
      sum(on_hand_delta) AS on_hand, sum(reserved_delta) AS reserved
    FROM chain GROUP BY sku COLLATE "C"
  )`;

/** The law of a SKU: null where all of it holds. */
const judged = `
  SELECT sku AS key, sku || ': ' || nullif(concat_ws('; ',
    CASE WHEN s.sku IS NULL THEN 'there is no stock row' END,
    CASE WHEN t.broken_at IS NOT NULL THEN format('its facts have no version %s or have it twice', t.broken_at) END,
    CASE WHEN t.broken_at IS NULL AND t.wrong_at IS NOT NULL THEN format('the fact of version %s is not the sum of those before it', t.wrong_at) END,
    CASE WHEN t.impossible_at IS NOT NULL THEN format('the fact of version %s has more reserved than on hand, or less than nothing', t.impossible_at) END,
    CASE WHEN s.on_hand <> coalesce(t.on_hand, 0) THEN format('on_hand is %s, received + returned - shipped is %s - %s = %s',
      s.on_hand, coalesce(t.came_in, 0), coalesce(t.went_out, 0), coalesce(t.on_hand, 0)) END,
    CASE WHEN s.reserved <> coalesce(t.reserved, 0) THEN format('reserved is %s, set aside less given back and shipped is %s', s.reserved, coalesce(t.reserved, 0)) END,
    CASE WHEN s.version <> coalesce(t.version, 0) THEN format('its row is at version %s, its last fact at %s', s.version, coalesce(t.version, 0)) END,
    CASE WHEN s.reserved < 0 OR s.reserved > s.on_hand THEN format('%s reserved of %s on hand', s.reserved, s.on_hand) END
  ), '') AS text
  FROM told t FULL JOIN stock_item s USING (sku)`;

/** DESIGN section 4: `on_hand = received + returned − shipped`, and each fact goes on where the one before it ended. */
export async function examineStock(client: Client): Promise<Examined> {
  const { examined, count, problems } = await judgeAll(client, parts, judged);
  return {
    check: "stock_equations", where: "primary", examined: `received + returned - shipped = on_hand, every chain of facts whole, ${inThousands(examined)} SKUs`,
    wrong: "SKUs whose stock is not what the events say", problems, count,
    remedy: "stock_item or event_log was changed beside the command bus: set the row to what its facts say, or restore the log.",
  };
}
