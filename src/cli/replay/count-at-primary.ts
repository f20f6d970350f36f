import { defineId } from "../../platform/graphql/opaque-id.js";
import { withClient } from "../../platform/postgres/connection.js";
import type { Acknowledgement } from "./ack-journal.js";
import { countOrders, type Count } from "./count-orders.js";
import type { ReplayIdentity } from "./identity.js";

/** What the primary's log says, which is the truth. */
export interface PrimaryCount extends Count {
  /** Promised orders that are there and were neither delivered nor called off. */
  readonly unfinished: readonly string[];
  readonly delivered: number;
  readonly cancelled: number;
  /** Orders for which money was taken more than once. */
  readonly chargedTwice: readonly string[];
}

interface PlacedRow {
  readonly id: string;
  readonly delivered: boolean;
  readonly cancelled: boolean;
  readonly charges: number;
}

const orderIds = defineId("order");
const statementTimeoutMs = 120_000;

/** One pass over the log: an order once for each time that it was placed, with what became of it. */
const placedOrders = `
  WITH placed AS (
    SELECT data->>'orderId' AS id FROM event_log WHERE type = 'OrderPlaced' AND data->>'customerId' = ANY($1::text[])
  ), ended AS (
    SELECT data->>'orderId' AS id, bool_or(type = 'OrderDelivered') AS delivered, bool_or(type = 'OrderCancelled') AS cancelled,
           (count(*) FILTER (WHERE type = 'PaymentCaptured'))::integer AS charges
    FROM event_log WHERE type IN ('OrderDelivered', 'OrderCancelled', 'PaymentCaptured') GROUP BY 1
  )
  SELECT id, coalesce(delivered, false) AS delivered, coalesce(cancelled, false) AS cancelled, coalesce(charges, 0) AS charges
  FROM placed LEFT JOIN ended USING (id)`;

/** Counts promises against the primary itself. @throws where it cannot be reached */
export async function countAtPrimary(
  url: string, identity: ReplayIdentity, acknowledged: readonly Acknowledgement[], lines: ReadonlySet<number>,
): Promise<PrimaryCount> {
  const rows = await withClient({ url, applicationName: "millrace replay", statementTimeoutMs }, async (client) =>
    (await client.query<PlacedRow>(placedOrders, [identity.customerIds])).rows.map((row) => ({ ...row, id: orderIds.encode(row.id) })));
  const promised = new Set(acknowledged.map(({ orderId }) => orderId));
  return {
    ...countOrders(rows, acknowledged, identity, lines),
    unfinished: rows.filter(({ id, delivered, cancelled }) => promised.has(id) && !delivered && !cancelled).map(({ id }) => id),
    delivered: rows.filter(({ delivered }) => delivered).length,
    cancelled: rows.filter(({ cancelled }) => cancelled).length,
    chargedTwice: rows.filter(({ charges }) => charges > 1).map(({ id }) => id),
  };
}
