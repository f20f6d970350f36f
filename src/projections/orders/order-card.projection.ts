import type { InspectedLine, OrderEvent, OrderLine, OrderLinesCancelled, OrderParcelBooked, OrderParcelDelivered, OrderReturnInspected, OrderStatus } from "../../events/orders.js";
import type { ReturnCause } from "../../events/order-returns.js";
import type { PaymentStatus } from "../../events/payments.js";
import type { ParcelLine } from "../../events/shipping.js";
import type { RecordedEvent } from "../../kernel/event.js";
import { defineProjection, type Rows } from "../../kernel/projection.js";

/** A line as it was placed, and what became of its units; absent where nothing did. */
export interface OrderCardLine extends OrderLine {
  readonly cancelled?: number;
  /** Came back and was not refused. */
  readonly returned?: number;
}

/** A parcel that left though the order did not want it any more. */
export interface OrderCardStray {
  readonly shipmentId: string;
  readonly lines: readonly ParcelLine[];
  /** Whether its units were taken out of the stock. */
  readonly counted: boolean;
}

/** Something that comes back. */
export interface OrderCardReturn {
  readonly returnId: string;
  readonly reason: string;
  readonly requestedAt: string;
  readonly lines: readonly ParcelLine[];
  /** Null until somebody has looked at it. */
  readonly inspected: readonly InspectedLine[] | null;
  readonly inspectedAt: string | null;
  /** The parcel that comes back by itself; null where the buyer asked. */
  readonly shipmentId: string | null;
  readonly cause: ReturnCause | null;
  readonly arrivedAt: string | null;
  /** What the buyer gets back for it. */
  readonly revertedMinor: number;
}

/** An order as lists and pages show it. Amounts in minor units, times RFC 3339 UTC. */
export interface OrderCardRow {
  readonly orderId: string;
  readonly customerId: string;
  readonly status: OrderStatus;
  /** Where it stands, on hold or not. */
  readonly stage: OrderStatus;
  /** As far as the order has heard; what became of a refund stands on the payment itself. */
  readonly paymentStatus: PaymentStatus;
  /** Until when the buyer may try another method; null where none was refused. */
  readonly payBefore: string | null;
  /** Why it was cancelled or put on hold. */
  readonly reason: string | null;
  readonly currency: string;
  readonly linesMinor: number;
  readonly shippingMinor: number;
  readonly taxMinor: number;
  readonly totalMinor: number;
  /** What is no longer owed of the total. */
  readonly revertedMinor: number;
  readonly lines: readonly OrderCardLine[];
  readonly returns: readonly OrderCardReturn[];
  readonly shipmentIds: readonly string[];
  readonly strays: readonly OrderCardStray[];
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
  version: 3,
  categories: ["order"],
  key: "orderId",
  touches: ({ orderId }) => [orderId],
  on: {
    OrderPlaced: ({ orderId, customerId, lines, totals }, rows, { position, version, recordedAt }) => rows.put({
      orderId, customerId, status: "PLACED", stage: "PLACED", paymentStatus: "PENDING", payBefore: null, reason: null, ...totals, revertedMinor: 0,
      lines, returns: [], shipmentIds: [], strays: [], placedAt: recordedAt, placedPosition: Number(position), updatedAt: recordedAt, version,
    }),
    OrderPaid: changed((row, event) => ({ ...at(row, "PAID"), paymentStatus: moneyOf(event), payBefore: null })),
    OrderReinstated: changed((row, event) => ({
      stage: "PAID", status: "PAID", reason: null, paymentStatus: moneyOf(event), payBefore: null, revertedMinor: row.revertedMinor - event.owedMinor,
    })),
    OrderPaymentCaptured: changed(() => ({ paymentStatus: "CAPTURED" })),
    OrderPaymentDeclined: changed((_row, { payBefore, triedAgain }) => (triedAgain ? {} : { paymentStatus: "FAILED", payBefore })),
    OrderPaymentRetried: changed(() => ({ paymentStatus: "PENDING", payBefore: null })),
    OrderPaymentUnwanted: changed((_row, event) => ({ paymentStatus: moneyOf(event) })),
    OrderParcelBooked: changed<OrderParcelBooked>(withShipment),
    // A parcel may have left before the last one is booked: the order is not drawn back then.
    OrderAllocated: changed((row, event) => ({ ...withShipment(row, event), ...at(row, row.stage === "PAID" ? "ALLOCATED" : row.stage) })),
    OrderShipmentUnwanted: changed(() => ({})),
    OrderParcelShipped: changed((row) => at(row, "SHIPPED")),
    OrderParcelDelivered: changed<OrderParcelDelivered>(withoutReturn),
    OrderDelivered: changed((row, event) => ({ ...withoutReturn(row, event), ...at(row, "DELIVERED") })),
    OrderParcelReturning: changed((row, { becomes }) => at(row, becomes)),
    OrderParcelStrayed: changed((row, { shipmentId, lines, uncounted }) => ({ strays: [...row.strays, { shipmentId, lines, counted: !uncounted }] })),
    OrderCancelled: changed((row, { reason, cause, revertedMinor }) => ({
      stage: "CANCELLED", status: "CANCELLED", reason, payBefore: null, revertedMinor: row.revertedMinor + revertedMinor,
      ...(cause === "payment" ? { paymentStatus: "FAILED" } : {}),
    })),
    OrderPutOnHold: changed((_row, { reason }) => ({ status: "ON_HOLD", reason })),
    OrderResumed: changed((row) => ({ status: row.stage, reason: null })),
    OrderLinesCancelled: changed(linesCancelled),
    OrderReturnRequested: changed((row, { returnId, reason, lines, shipmentId = null, cause = null }, { recordedAt }) => ({
      returns: [...row.returns, {
        returnId, reason, requestedAt: recordedAt, lines, inspected: null, inspectedAt: null, shipmentId, cause, arrivedAt: null, revertedMinor: 0,
      }],
    })),
    OrderReturnArrived: changed((row, { returnId, revertedMinor }, { recordedAt }) => ({
      revertedMinor: row.revertedMinor + revertedMinor,
      returns: row.returns.map((one) => (one.returnId === returnId ? { ...one, arrivedAt: recordedAt, revertedMinor } : one)),
    })),
    OrderReturnInspected: changed(returnInspected),
  },
  push: ({ orderId }) => [`order:${orderId}`, "orders"],
});

/** Every event moves at least the version, so that the row's version is always that of its stream. */
function changed<Event extends OrderEvent>(change: (row: OrderCardRow, event: Event, recorded: RecordedEvent<Event>) => Partial<OrderCardRow>) {
  return (event: Event, rows: Rows<OrderCardRow>, recorded: RecordedEvent<Event>): void => {
    const { version, recordedAt } = recorded;
    const known = rows.change(event.orderId, (row) => ({ ...row, ...change(row, event, recorded), version, updatedAt: recordedAt }));
    if (!known) throw new Error(`${event.type} of ${event.orderId} stands before OrderPlaced`);
  };
}

/** It goes on, also while it is on hold. */
function at({ status }: OrderCardRow, stage: OrderStatus): Partial<OrderCardRow> {
  return { stage, ...(status === "ON_HOLD" ? {} : { status: stage }) };
}

function moneyOf({ authorized }: { readonly authorized?: true }): PaymentStatus {
  return authorized ? "AUTHORIZED" : "CAPTURED";
}

function withShipment({ shipmentIds }: OrderCardRow, { shipmentId }: { readonly shipmentId: string }): Partial<OrderCardRow> {
  return { shipmentIds: [...shipmentIds, shipmentId] };
}

/** A parcel that was given up and arrives all the same does not come back. */
function withoutReturn({ returns }: OrderCardRow, { shipmentId }: { readonly shipmentId: string }): Partial<OrderCardRow> {
  return { returns: returns.filter((one) => one.shipmentId !== shipmentId || one.inspected !== null) };
}

function linesCancelled(row: OrderCardRow, { cancelled, revertedMinor, shipmentIds, lines }: OrderLinesCancelled): Partial<OrderCardRow> {
  const units = new Map(cancelled.map(({ sku, quantity }) => [sku, quantity]));
  return {
    // What is packed anew has no courier yet.
    ...(lines ? at(row, "PAID") : {}), revertedMinor: row.revertedMinor + revertedMinor,
    shipmentIds: row.shipmentIds.filter((shipmentId) => !shipmentIds.includes(shipmentId)),
    lines: row.lines.map((line) => (units.has(line.sku) ? { ...line, cancelled: (line.cancelled ?? 0) + (units.get(line.sku) ?? 0) } : line)),
  };
}

function returnInspected(row: OrderCardRow, event: OrderReturnInspected, { recordedAt }: RecordedEvent): Partial<OrderCardRow> {
  const { returnId, inspected, revertedMinor, complete, stray } = event;
  const units = new Map(stray ? [] : inspected.map(({ sku, restocked, scrapped }) => [sku, restocked + scrapped]));
  return {
    ...(complete ? at(row, "RETURNED") : {}), revertedMinor: row.revertedMinor + revertedMinor,
    returns: row.returns.map((one) => (one.returnId === returnId ? { ...one, inspected, inspectedAt: recordedAt, revertedMinor: one.revertedMinor + revertedMinor } : one)),
    lines: row.lines.map((line) => {
      const returned = units.get(line.sku) ?? 0;
      return returned > 0 ? { ...line, returned: (line.returned ?? 0) + returned } : line;
    }),
  };
}
