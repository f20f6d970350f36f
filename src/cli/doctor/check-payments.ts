import type { Client } from "pg";
import { inThousands, type Examined } from "./finding.js";
import { judgeAll, pendingOrders } from "./law-query.js";

const parts = `${pendingOrders},
  ordered AS (
    SELECT stream_id, substr(stream_id, length('order-') + 1) AS order_id,
      max((totals->>'totalMinor')::bigint) AS total,
      max(totals->>'currency') AS currency,
      bool_or(type = 'OrderPaid') AS paid, bool_or(type = 'OrderCancelled') AS cancelled
    FROM event_log CROSS JOIN LATERAL (SELECT CASE WHEN type = 'OrderPlaced' THEN data->'totals' END AS totals OFFSET 0) t
    WHERE stream_category = 'order' GROUP BY stream_id
  ),
  paid AS (
    SELECT data->>'orderId' AS order_id, count(*) FILTER (WHERE type = 'PaymentCaptured') AS captures,
      coalesce(sum((data->>'amountMinor')::bigint) FILTER (WHERE type = 'PaymentCaptured'), 0) AS captured,
      coalesce(sum((data->>'amountMinor')::bigint) FILTER (WHERE type = 'PaymentRefunded'), 0) AS refunded,
      max(data->>'currency') FILTER (WHERE type = 'PaymentCaptured') AS currency
    FROM event_log WHERE stream_category = 'payment' GROUP BY 1
  )`;

const judged = `
  SELECT order_id AS key, 'order ' || order_id || ': ' || nullif(concat_ws('; ',
    CASE WHEN o.order_id IS NULL THEN 'money was taken for an order that there is not' END,
    CASE WHEN p.captures > 1 THEN format('it was charged %s times', p.captures) END,
    CASE WHEN p.captures = 1 AND (p.captured <> o.total OR p.currency <> o.currency) THEN
      format('%s %s were captured, its total is %s %s', p.captured, p.currency, o.total, o.currency) END,
    CASE WHEN p.refunded > p.captured THEN format('%s were refunded of %s captured', p.refunded, p.captured) END,
    CASE WHEN o.paid AND coalesce(p.captures, 0) = 0 THEN 'it is paid, and there is no capture' END,
    CASE WHEN o.cancelled AND p.captured > p.refunded AND NOT EXISTS (SELECT FROM pending w WHERE w.order_id = o.order_id)
      THEN format('it is cancelled, %s of %s are not refunded, and no job does it', p.captured - p.refunded, p.captured) END
  ), '') AS text
  FROM ordered o FULL JOIN paid p USING (order_id)`;

/** Amounts in minor units. */
export async function examinePayments(client: Client): Promise<Examined> {
  const { examined, count, problems } = await judgeAll(client, parts, judged);
  return {
    check: "payments", where: "primary", examined: `captured = total once, refunded <= captured, cancelled orders refunded, ${inThousands(examined)} orders`,
    wrong: "orders whose money does not add up", problems, count,
    remedy: "Compare with the provider's books by the payment's reference; refund or charge by hand what is wrong.",
  };
}
