import type { Client } from "pg";
import { inThousands, type Examined } from "./finding.js";
import { judgeAll, pendingOrders } from "./law-query.js";

/** Who is still to be asked, or whose job waits, is on his way. Large events are parsed once, and only those that say something of money. */
const parts = `${pendingOrders},
  moving AS (SELECT order_id FROM pending UNION SELECT order_id FROM payment_case WHERE ask_at IS NOT NULL),
  ordered AS (
    SELECT substr(stream_id, length('order-') + 1) AS order_id,
      max((d.totals->>'totalMinor')::bigint) AS total, max(d.totals->>'currency') AS currency,
      coalesce(sum(d."revertedMinor"), 0) - coalesce(sum(d."owedMinor"), 0) AS reverted,
      coalesce(sum(d."revertedMinor") FILTER (WHERE type = 'OrderLinesCancelled'), 0) AS lines_reverted,
      bool_or(type IN ('OrderPaid', 'OrderReinstated')) AS paid,
      (array_agg(type ORDER BY version DESC) FILTER (WHERE type IN ('OrderPlaced', 'OrderCancelled', 'OrderReinstated')))[1] = 'OrderCancelled' AS cancelled
    FROM event_log CROSS JOIN LATERAL json_to_record(data::json) AS d (totals json, "revertedMinor" bigint, "owedMinor" bigint)
    WHERE stream_category = 'order' AND type IN ('OrderPlaced', 'OrderPaid', 'OrderCancelled', 'OrderReinstated', 'OrderLinesCancelled', 'OrderReturnArrived', 'OrderReturnInspected')
    GROUP BY stream_id
  ),
  fact AS (
    SELECT type, version, CASE type WHEN 'PaymentRefunded' THEN "amountMinor" WHEN 'RefundReversed' THEN -"amountMinor" END AS gone, d.* FROM event_log CROSS JOIN LATERAL json_to_record(data::json) AS d
      ("orderId" text, "amountMinor" bigint, currency text, cause text, outcome text, "refundId" text)
    WHERE stream_category = 'payment'
  ),
  told AS (
    SELECT "orderId" AS order_id, count(*) FILTER (WHERE type = 'PaymentCaptured') AS captures,
      (array_agg(type ORDER BY version DESC) FILTER (WHERE type IN ('PaymentAuthorized', 'PaymentVoided', 'PaymentFailed')))[1] IS NOT DISTINCT FROM 'PaymentAuthorized' AS authorized,
      max(currency) FILTER (WHERE type = 'PaymentCaptured') AS currency,
      coalesce(sum("amountMinor") FILTER (WHERE type = 'PaymentCaptured'), 0) AS captured,
      coalesce(sum("amountMinor") FILTER (WHERE type = 'PaymentCapturedTwice'), 0) AS strays,
      coalesce(sum(gone) FILTER (WHERE cause IS DISTINCT FROM 'CAPTURED_TWICE'), 0) AS refunded,
      coalesce(sum(gone) FILTER (WHERE cause = 'CAPTURED_TWICE'), 0) AS strays_refunded,
      coalesce(sum(gone) FILTER (WHERE cause = 'GOODWILL'), 0) AS goodwill,
      coalesce(sum("amountMinor") FILTER (WHERE type = 'PaymentDisputeClosed' AND outcome = 'lost'), 0) AS lost
    FROM fact WHERE type <> 'PaymentNewsSetAside' GROUP BY 1
  ),
  unanswered AS (
    SELECT "orderId" AS order_id, min("refundId") AS refund_id FROM (
      SELECT "orderId", "refundId" FROM fact WHERE "refundId" IS NOT NULL GROUP BY 1, 2
      HAVING bool_or(type = 'RefundRequested') AND NOT bool_or(type IN ('PaymentRefunded', 'RefundFailed'))
    ) open GROUP BY 1
  ),
  paid AS (SELECT t.*, u.refund_id, EXISTS (SELECT FROM moving m WHERE m.order_id = t.order_id) AS moving FROM told t LEFT JOIN unanswered u USING (order_id))`;

/** `owing`: what the buyer owes; below 0 what we owe. Goodwill and lost disputes are taken for what they are: see docs/ledger.md. */
const judged = `
  SELECT order_id AS key, 'order ' || order_id || ': ' || nullif(concat_ws('; ',
    CASE WHEN o.order_id IS NULL AND captured + strays > 0 THEN 'money was taken for an order that there is not' END,
    CASE WHEN p.captures > 1 THEN format('it was charged %s times', p.captures) END,
    CASE WHEN p.captures = 1 AND (captured NOT BETWEEN o.total - o.lines_reverted AND o.total OR p.currency <> o.currency) THEN
      format('%s %s were captured, its total is %s %s', captured, p.currency, o.total, o.currency) END,
    CASE WHEN refunded > captured THEN format('%s were refunded of %s captured', refunded, captured) END,
    CASE WHEN strays_refunded > strays THEN format('%s were refunded of %s that came twice', strays_refunded, strays) END,
    CASE WHEN strays_refunded < strays AND NOT moving THEN format('%s came twice, %s of it went back, and no job does the rest', strays, strays_refunded) END,
    CASE WHEN o.paid AND NOT o.cancelled AND o.total > o.reverted AND coalesce(p.captures, 0) = 0 AND p.authorized IS NOT TRUE THEN 'it is paid, and there is no capture' END,
    CASE WHEN refund_id IS NOT NULL AND NOT moving THEN format('refund %s was asked for, and no job makes it', refund_id) END,
    CASE WHEN o.cancelled AND p.authorized AND p.captures = 0 AND NOT moving THEN 'it is cancelled, and what was set aside for it was not let go' END,
    CASE WHEN o.cancelled AND owing < 0 AND NOT settled AND NOT moving
      THEN format('it is cancelled, %s of %s are not refunded, and no job does it', captured - refunded - lost, captured) END,
    CASE WHEN NOT o.cancelled AND p.captures = 1 AND owing < 0 AND NOT settled AND NOT moving THEN format('%s more were kept than are owed, and no job gives them back', -owing) END,
    CASE WHEN p.captures = 1 AND owing > 0 AND NOT moving THEN format('%s less were kept than are owed', owing) END
  ), '') AS text
  FROM ordered o FULL JOIN paid p USING (order_id)
  CROSS JOIN LATERAL (SELECT o.total - o.reverted - captured + refunded - goodwill AS owing) w
  CROSS JOIN LATERAL (SELECT -owing <= goodwill + lost AND refunded + lost >= captured AS settled) s`;

/** Amounts in minor units. */
export async function examinePayments(client: Client): Promise<Examined> {
  const { examined, count, problems } = await judgeAll(client, parts, judged);
  return {
    check: "payments", where: "primary", examined: `each order is charged once, refunded <= captured, and what is kept is what is owed, ${inThousands(examined)} orders`,
    wrong: "orders whose money does not add up", problems, count,
    remedy: "Compare with the provider's books by the payment's reference; refund or charge by hand what is wrong.",
  };
}
