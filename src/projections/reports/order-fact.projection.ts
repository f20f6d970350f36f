import type { OrderEvent } from "../../events/orders.js";
import { defineProjection } from "../../kernel/projection.js";

/** What of a product was ordered. Amounts in minor units. */
export interface OrderFactLine {
  readonly sku: string;
  readonly quantity: number;
  readonly netMinor: number;
}

/** An order as reports count it: narrow, and touched only when it is placed and when it is cancelled. */
export interface OrderFactRow {
  readonly orderId: string;
  /** The full hour in which it was placed, RFC 3339 UTC. */
  readonly hour: string;
  readonly currency: string;
  readonly totalMinor: number;
  readonly cancelled: boolean;
  readonly lines: readonly OrderFactLine[];
}

/** One row an order, for the materialized views. */
export const orderFact = defineProjection<OrderEvent, OrderFactRow>({
  name: "order_fact",
  version: 1,
  categories: ["order"],
  key: "orderId",
  touches: ({ orderId }) => [orderId],
  on: {
    OrderPlaced: ({ orderId, totals, lines }, rows, { recordedAt }) => rows.put({
      orderId, hour: fullHour(recordedAt), currency: totals.currency, totalMinor: totals.totalMinor, cancelled: false,
      lines: lines.map(({ sku, quantity, netMinor }) => ({ sku, quantity, netMinor })),
    }),
    OrderCancelled({ orderId }, rows) {
      rows.change(orderId, (row) => ({ ...row, cancelled: true }));
    },
    OrderPaid: "ignored",
    OrderPaymentUnwanted: "ignored",
    OrderParcelBooked: "ignored",
    OrderAllocated: "ignored",
    OrderShipmentUnwanted: "ignored",
    OrderParcelShipped: "ignored",
    OrderParcelDelivered: "ignored",
    OrderDelivered: "ignored",
    OrderPutOnHold: "ignored",
  },
});

/** @param moment RFC 3339 */
function fullHour(moment: string): string {
  return `${new Date(moment).toISOString().slice(0, 13)}:00:00.000Z`;
}
