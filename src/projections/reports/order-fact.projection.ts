import type { OrderEvent } from "../../events/orders.js";
import { defineProjection } from "../../kernel/projection.js";

/** What of a product was ordered, and what of it came to nothing again. Amounts in minor units. */
export interface OrderFactLine {
  readonly sku: string;
  readonly quantity: number;
  readonly netMinor: number;
  /** Units called off, or returned and not refused; absent where none were. */
  readonly back?: number;
}

/** An order as reports count it: narrow, and touched only when it is placed and when something of it comes to nothing. */
export interface OrderFactRow {
  readonly orderId: string;
  /** The full hour in which it was placed, RFC 3339 UTC. */
  readonly hour: string;
  readonly currency: string;
  readonly totalMinor: number;
  /** What is no longer owed of the total. */
  readonly revertedMinor: number;
  readonly cancelled: boolean;
  readonly lines: readonly OrderFactLine[];
}

/** One row an order, for the materialized views. */
export const orderFact = defineProjection<OrderEvent, OrderFactRow>({
  name: "order_fact",
  version: 2,
  categories: ["order"],
  key: "orderId",
  touches: ({ orderId }) => [orderId],
  on: {
    OrderPlaced: ({ orderId, totals, lines }, rows, { recordedAt }) => rows.put({
      orderId, hour: fullHour(recordedAt), currency: totals.currency, totalMinor: totals.totalMinor, revertedMinor: 0, cancelled: false,
      lines: lines.map(({ sku, quantity, netMinor }) => ({ sku, quantity, netMinor })),
    }),
    OrderCancelled({ orderId, revertedMinor }, rows) {
      rows.change(orderId, (row) => ({ ...row, cancelled: true, revertedMinor: row.revertedMinor + revertedMinor }));
    },
    OrderReinstated({ orderId, owedMinor }, rows) {
      rows.change(orderId, (row) => ({ ...row, cancelled: false, revertedMinor: row.revertedMinor - owedMinor }));
    },
    OrderLinesCancelled({ orderId, cancelled, revertedMinor }, rows) {
      rows.change(orderId, (row) => less(row, revertedMinor, new Map(cancelled.map(({ sku, quantity }) => [sku, quantity]))));
    },
    OrderReturnArrived({ orderId, revertedMinor }, rows) {
      rows.change(orderId, (row) => less(row, revertedMinor, new Map()));
    },
    OrderReturnInspected({ orderId, inspected, revertedMinor, stray }, rows) {
      if (stray) return;
      rows.change(orderId, (row) => less(row, revertedMinor, new Map(inspected.map(({ sku, restocked, scrapped }) => [sku, restocked + scrapped]))));
    },
    OrderPaid: "ignored",
    OrderPaymentCaptured: "ignored",
    OrderPaymentDeclined: "ignored",
    OrderPaymentRetried: "ignored",
    OrderPaymentUnwanted: "ignored",
    OrderParcelBooked: "ignored",
    OrderAllocated: "ignored",
    OrderShipmentUnwanted: "ignored",
    OrderParcelShipped: "ignored",
    OrderParcelDelivered: "ignored",
    OrderDelivered: "ignored",
    OrderPutOnHold: "ignored",
    OrderResumed: "ignored",
    OrderReturnRequested: "ignored",
    OrderParcelReturning: "ignored",
    OrderParcelStrayed: "ignored",
  },
});

function less(row: OrderFactRow, revertedMinor: number, units: ReadonlyMap<string, number>): OrderFactRow {
  return {
    ...row, revertedMinor: row.revertedMinor + revertedMinor,
    lines: row.lines.map((line) => {
      const back = units.get(line.sku) ?? 0;
      return back > 0 ? { ...line, back: (line.back ?? 0) + back } : line;
    }),
  };
}

/** @param moment RFC 3339 */
function fullHour(moment: string): string {
  return `${new Date(moment).toISOString().slice(0, 13)}:00:00.000Z`;
}
