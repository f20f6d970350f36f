import type { OrderEvent, OrderLine, OrderParcelBooked, OrderStatus } from "../../events/orders.js";
import type { PaymentStatus } from "../../events/payments.js";
import type { RecordedEvent } from "../../kernel/event.js";
import { defineProjection, type Rows } from "../../kernel/projection.js";

/** An order as lists and pages show it. Amounts in minor units, times RFC 3339 UTC. */
export interface OrderCardRow {
  readonly orderId: string;
  readonly customerId: string;
  readonly status: OrderStatus;
  /** As far as the order has heard; what became of a refund stands on the payment itself. */
  readonly paymentStatus: PaymentStatus;
  /** Why it was cancelled or put on hold. */
  readonly reason: string | null;
  readonly currency: string;
  readonly linesMinor: number;
  readonly shippingMinor: number;
  readonly taxMinor: number;
  readonly totalMinor: number;
  readonly lines: readonly OrderLine[];
  readonly shipmentIds: readonly string[];
  readonly placedAt: string;
  /** Position of its first event: tells apart orders of the same millisecond. */
  readonly placedPosition: number;
  readonly updatedAt: string;
  /** Version of the order's stream: the cursor of its live updates. */
  readonly version: number;
}

/** One row an order. A higher `version` rebuilds beside the old table. */
export const orderCard = defineProjection<OrderEvent, OrderCardRow>({
  name: "order_card",
  version: 1,
  categories: ["order"],
  key: "orderId",
  touches: ({ orderId }) => [orderId],
  on: {
    OrderPlaced: ({ orderId, customerId, lines, totals }, rows, { position, version, recordedAt }) => rows.put({
      orderId, customerId, status: "PLACED", paymentStatus: "PENDING", reason: null, ...totals, lines, shipmentIds: [],
      placedAt: recordedAt, placedPosition: Number(position), updatedAt: recordedAt, version,
    }),
    OrderPaid: changed(() => ({ status: "PAID", paymentStatus: "CAPTURED" })),
    OrderPaymentUnwanted: changed(() => ({ paymentStatus: "CAPTURED" })),
    OrderParcelBooked: changed<OrderParcelBooked>(withShipment),
    // A parcel may have left before the last one is booked: the order is not drawn back then.
    OrderAllocated: changed((row, event) => ({
      ...withShipment(row, event), status: row.status === "SHIPPED" || row.status === "DELIVERED" ? row.status : "ALLOCATED",
    })),
    OrderShipmentUnwanted: changed(() => ({})),
    OrderParcelShipped: changed(() => ({ status: "SHIPPED" })),
    OrderParcelDelivered: changed(() => ({})),
    OrderDelivered: changed(() => ({ status: "DELIVERED" })),
    OrderCancelled: changed((_row, { reason }) => ({ status: "CANCELLED", reason })),
    OrderPutOnHold: changed((_row, { reason }) => ({ status: "ON_HOLD", reason })),
  },
  push: ({ orderId }) => [`order:${orderId}`, "orders"],
});

/** Every event moves at least the version, so that the row's version is always that of its stream. */
function changed<Event extends OrderEvent>(change: (row: OrderCardRow, event: Event) => Partial<OrderCardRow>) {
  return (event: Event, rows: Rows<OrderCardRow>, { version, recordedAt }: RecordedEvent<Event>): void => {
    const known = rows.change(event.orderId, (row) => ({ ...row, ...change(row, event), version, updatedAt: recordedAt }));
    if (!known) throw new Error(`${event.type} of ${event.orderId} stands before OrderPlaced`);
  };
}

function withShipment({ shipmentIds }: OrderCardRow, { shipmentId }: { readonly shipmentId: string }): Partial<OrderCardRow> {
  return { shipmentIds: [...shipmentIds, shipmentId] };
}
