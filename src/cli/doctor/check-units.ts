import type { Client } from "pg";
import { inThousands, type Examined } from "./finding.js";
import { calledOff, judgeAll } from "./law-query.js";

/** Every fact of a numbered unit, on whatever kind of stream it stands; the search in the text spares most events from being parsed. */
const facts = `
  fact AS (
    SELECT f.sku || '/' || f."unitId" COLLATE "C" AS id, f.*
    FROM event_log e
    CROSS JOIN LATERAL (SELECT (e.data->'units')::json AS units OFFSET 0) s
    CROSS JOIN LATERAL json_to_recordset(CASE WHEN json_typeof(s.units) = 'array' THEN s.units END) AS f (
      sku text, "unitId" text, row text, place integer, state text, "reservationId" text, "orderId" text, "heldUntil" timestamptz, version integer)
    WHERE e.stream_category IN ('receipt', 'reservation', 'order') AND strpos(e.data::text, '"units":') > 0
  )`;

const chains = `${facts},
  told AS (
    SELECT id, min(nth) FILTER (WHERE version <> nth) AS broken_at
    FROM (SELECT id, version, row_number() OVER (PARTITION BY id ORDER BY version) AS nth FROM fact) numbered GROUP BY id
  ),
  last AS (SELECT DISTINCT ON (id) * FROM fact JOIN told USING (id) ORDER BY id, version DESC)`;

const chainsJudged = `
  SELECT id AS key, 'unit ' || id || ': ' || nullif(concat_ws('; ',
    CASE WHEN u.state IS NULL THEN 'there is no row' END,
    CASE WHEN l.state IS NULL THEN 'no fact tells of it' END,
    CASE WHEN l.broken_at IS NOT NULL THEN format('its facts have no version %s or have it twice', l.broken_at) END,
    CASE WHEN u.version <> l.version THEN format('its row is at version %s, its last fact at %s', u.version, l.version) END,
    CASE WHEN u.version = l.version AND l.broken_at IS NULL AND (u.state, u.reservation_id, u.order_id, u.held_until, u.row_label, u.place)
        IS DISTINCT FROM (l.state, l."reservationId", l."orderId", l."heldUntil", l.row, l.place)
      THEN format('its row says %s of %s, its last fact %s of %s', u.state, coalesce(u.reservation_id, u.order_id, 'nobody'), l.state, coalesce(l."reservationId", l."orderId", 'nobody')) END
  ), '') AS text
  FROM stock_unit u FULL JOIN last l USING (id)`;

/** Whose each unit is by the streams of reservations that are open, and of orders that are not called off, line by line. */
const owners = `${facts}, ${calledOff},
  reservation AS (
    SELECT substr(stream_id, length('reservation-') + 1) AS owner, max((data->>'expiresAt')::timestamptz) AS expires_at,
      (array_agg((data->'lines')::json ORDER BY version DESC) FILTER (WHERE type IN ('ReservationMade', 'ReservationChanged')))[1] AS lines
    FROM event_log WHERE stream_category = 'reservation' GROUP BY stream_id
    HAVING bool_and(type IN ('ReservationMade', 'ReservationChanged'))
  ),
  placed AS (
    SELECT e.data->>'orderId' AS owner, (e.data->'lines')::json AS lines FROM event_log e
    WHERE e.type = 'OrderPlaced' AND strpos(e.data::text, '"unitIds":') > 0
    AND NOT EXISTS (SELECT FROM called_off c WHERE c.stream_id = e.stream_id)
  ),
  freed AS (
    SELECT e.data->>'orderId' AS owner, f.sku || '/' || f."unitId" COLLATE "C" AS id
    FROM event_log e CROSS JOIN LATERAL json_to_recordset((e.data->'units')::json) AS f (sku text, "unitId" text) WHERE e.type = 'OrderLinesCancelled'
  ),
  owned AS (
    SELECT o.kind, o.owner, o.over, l.sku || '/' || unit COLLATE "C" AS id
    FROM (SELECT 'reservation' AS kind, owner, expires_at <= now() AS over, lines FROM reservation UNION ALL SELECT 'order', owner, false, lines FROM placed) o
    CROSS JOIN LATERAL json_to_recordset(o.lines) AS l (sku text, "unitIds" json)
    CROSS JOIN LATERAL json_array_elements_text(l."unitIds") AS unit
    WHERE NOT EXISTS (SELECT FROM freed f WHERE f.owner = o.owner AND f.id = l.sku || '/' || unit)
    UNION ALL
    -- They left with a parcel that the order did not want any more.
    SELECT 'order', e.data->>'orderId', false, f.sku || '/' || f."unitId" COLLATE "C"
    FROM event_log e CROSS JOIN LATERAL json_to_recordset((e.data->'units')::json) AS f (sku text, "unitId" text, state text)
    WHERE e.type = 'OrderParcelStrayed' AND f.state = 'gone'
  )`;

/** A reservation whose time is over may have lost its units; what an order got may have come back into the house since. */
const ownersJudged = `
  SELECT u.id AS key, CASE
    WHEN u.state = 'held' AND o.owner IS NULL THEN format('unit %s is held by reservation %s, which is not open or does not name it', u.id, u.reservation_id)
    WHEN u.state IN ('sold', 'gone') AND o.owner IS NULL THEN format('unit %s is %s to order %s, which was called off or does not name it', u.id, u.state, u.order_id) END AS text
  FROM stock_unit u
  LEFT JOIN owned o ON o.id = u.id AND o.owner = coalesce(u.reservation_id, u.order_id) AND o.kind = CASE u.state WHEN 'held' THEN 'reservation' ELSE 'order' END
  UNION ALL
  SELECT o.id || ' of ' || o.owner, CASE WHEN coalesce(u.reservation_id, u.order_id) IS DISTINCT FROM o.owner AND NOT o.over AND g.id IS NULL
    THEN format('%s %s names unit %s, which is %s', o.kind, o.owner, o.id, coalesce(u.state || ' of ' || coalesce(u.reservation_id, u.order_id, 'nobody'), 'not there')) END
  FROM owned o LEFT JOIN stock_unit u ON u.id = o.id
  LEFT JOIN (SELECT DISTINCT id, "orderId" FROM fact WHERE state = 'gone') g ON g.id = o.id AND g."orderId" = o.owner`;

/** Numbered units: each row is what its facts say, and belongs to whoever says that it has it, and to nobody else. */
export async function examineUnits(client: Client): Promise<Examined[]> {
  const told = await judgeAll(client, chains, chainsJudged);
  const owned = await judgeAll(client, owners, ownersJudged);
  return [{
    check: "unit_facts", where: "primary", examined: `each numbered unit is what its facts say, every chain of them whole, ${inThousands(told.examined)} units`,
    wrong: "numbered units that are not what their facts say", problems: told.problems, count: told.count,
    remedy: "stock_unit or event_log was changed beside the command bus: set the row to what its last fact says, or restore the log.",
  }, {
    check: "unit_owners", where: "primary", examined: "each held unit is an open reservation's, each sold one an order's, and none is two's",
    wrong: "numbered units that belong to somebody else than who has them", problems: owned.problems, count: owned.count,
    remedy: "Compare the unit's facts with the streams of the reservation and the order; whoever was promised it first has it.",
  }];
}
