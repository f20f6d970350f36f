import type { Client } from "pg";
import { inThousands, type Examined } from "./finding.js";
import { judgeAll } from "./law-query.js";

const parts = `
  ticket AS (
    SELECT sale_id, count(*) AS tickets, count(DISTINCT number) AS numbers, max(number) AS last_number
    FROM sale_ticket GROUP BY sale_id
  ),
  step AS (
    SELECT r.id, (s.step->>'from')::bigint AS "from", (s.step->>'to')::bigint AS "to", (s.step->>'used')::bigint AS used,
      ((s.step->>'to')::bigint - (s.step->>'from')::bigint + 1 - (s.step->>'used')::bigint) * (s.step->>'units')::bigint AS promised,
      (s.step->>'until')::timestamptz > clock_timestamp() AS is_live,
      (SELECT count(*) FROM sale_ticket t WHERE t.sale_id = r.id AND t.done IS NOT NULL
        AND t.number BETWEEN (s.step->>'from')::bigint AND (s.step->>'to')::bigint) AS done
    FROM sale_room r CROSS JOIN LATERAL jsonb_array_elements(r.steps) AS s (step)
  ),
  passes AS (
    SELECT id, coalesce(sum(promised) FILTER (WHERE is_live), 0) AS promised,
      min("from") FILTER (WHERE used <> done) AS wrong_from, min("from") FILTER (WHERE promised < 0) AS overused_from
    FROM step GROUP BY id
  ),
  told AS (
    SELECT data->'room'->>'saleId' AS sale_id, max((data->'room'->>'version')::integer) AS version
    FROM event_log WHERE type = 'SaleRoomMoved' GROUP BY 1
  )`;

/** The law of a room: null where all of it holds. */
const judged = `
  SELECT r.id AS key, 'the waiting room of sale ' || r.id || ': ' || nullif(concat_ws('; ',
    CASE WHEN coalesce(t.tickets, 0) <> r.next_number - 1 OR coalesce(t.last_number, 0) <> r.next_number - 1 OR t.numbers <> t.tickets
      THEN format('it has %s tickets with %s numbers up to %s, and gave out %s', coalesce(t.tickets, 0), coalesce(t.numbers, 0), coalesce(t.last_number, 0), r.next_number - 1) END,
    CASE WHEN EXISTS (SELECT FROM sale_ticket u WHERE u.sale_id = r.id AND u.number > r.admitted AND u.done IS NOT NULL)
      THEN format('a ticket after %s, the last that was let in, is used up', r.admitted) END,
    CASE WHEN p.wrong_from IS NOT NULL THEN format('its step from %s counts other passes than its tickets', p.wrong_from) END,
    CASE WHEN p.overused_from IS NOT NULL THEN format('of its step from %s more passes were used than given', p.overused_from) END,
    CASE WHEN r.state <> 'ENDED' AND NOT s.ended AND p.promised > s.left_units THEN format('its passes promise %s units, and %s are left', p.promised, s.left_units) END,
    CASE WHEN s.ended AND r.state <> 'ENDED' THEN 'its sale has ended, and it has not' END,
    CASE WHEN o.version IS DISTINCT FROM r.version THEN format('its row is at version %s, its last fact at %s', r.version, coalesce(o.version, 0)) END
  ), '') AS text
  FROM sale_room r JOIN sale s ON s.id = r.id LEFT JOIN ticket t ON t.sale_id = r.id LEFT JOIN passes p ON p.id = r.id LEFT JOIN told o ON o.sale_id = r.id`;

/** Numbers are given without a gap, passes are counted right, and what they promise can be served. */
export async function examineRooms(client: Client): Promise<Examined[]> {
  const { examined, count, problems } = await judgeAll(client, parts, judged);
  return [{
    check: "waiting_rooms", where: "primary", examined: `tickets without a gap, passes counted right and never more than can be served, ${inThousands(examined)} rooms`,
    wrong: "waiting rooms that do not fit their tickets or their sale", problems, count,
    remedy: "sale_room or sale_ticket was changed beside the command bus: set the row to what its tickets and facts say.",
  }];
}
