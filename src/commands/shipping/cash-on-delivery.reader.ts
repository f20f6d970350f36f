import type { Pool } from "pg";
import type { PaymentEvent } from "../../events/payments.js";
import { batchedRead } from "../../platform/jobs/batched-read.js";
import { foldPayment, paymentIdOf, paymentStreamId } from "../payments/payments.steps.js";

/** Name of the provider that is the courier at the door. */
const cashOnDelivery = "cash_on_delivery";

// Whatever takes from what is owed says so by `revertedMinor`; money that came late brings it back.
const owedSql = {
  name: "shipping_owed",
  text: `SELECT stream_id, sum(CASE type WHEN 'OrderPlaced' THEN (data->'totals'->>'totalMinor')::bigint WHEN 'OrderReinstated' THEN (data->>'owedMinor')::bigint
           ELSE -(data->>'revertedMinor')::bigint END)::float8 AS owed
         FROM event_log WHERE stream_id = ANY($1::text[]) GROUP BY stream_id`,
};

/**
 * What has to be collected at the door for an order, in the shop's currency: all that is owed for it now, where it is to be paid in cash and
 * was not yet; 0 for any other. How it is to be paid stands on its payment, since a buyer whose card was refused may change to cash. The order's
 * first parcel collects the whole, the others nothing: the buyer pays once, and no share has to be rounded.
 */
export function cashOnDeliveryReader(pool: Pool): (orderId: string) => Promise<number> {
  const paysAtTheDoor = batchedRead<string, boolean>(async (orderIds) => {
    const streamIds = orderIds.map((orderId) => paymentStreamId(paymentIdOf(orderId)));
    const { rows } = await pool.query<{ stream_id: string; type: string; data: object }>({
      name: "shipping_payments",
      text: "SELECT stream_id, type, data FROM event_log WHERE stream_id = ANY($1::text[]) ORDER BY stream_id, version",
      values: [[...new Set(streamIds)]],
    });
    const events = Map.groupBy(rows, ({ stream_id }) => stream_id);
    return streamIds.map((streamId) => {
      const { status, provider } = foldPayment((events.get(streamId) ?? []).map(({ type, data }) => ({ type, ...data }) as PaymentEvent));
      return status === "AUTHORIZED" && provider === cashOnDelivery;
    });
  });
  const owed = batchedRead<string, number>(async (orderIds) => {
    const { rows } = await pool.query<{ stream_id: string; owed: number }>({ ...owedSql, values: [[...new Set(orderIds.map(orderStreamId))]] });
    const byStream = new Map(rows.map((row) => [row.stream_id, row.owed]));
    return orderIds.map((orderId) => byStream.get(orderStreamId(orderId)) ?? 0);
  });
  return async (orderId) => (await paysAtTheDoor.load(orderId) ? owed.load(orderId) : 0);
}

function orderStreamId(orderId: string): string {
  return `order-${orderId}`;
}
