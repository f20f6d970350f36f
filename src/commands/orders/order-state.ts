import type { UnitFact } from "../../events/inventory.js";
import type { InspectedLine, OrderCancelled, OrderEvent, OrderLine, OrderStatus, OrderTotals } from "../../events/orders.js";
import type { ParcelLine } from "../../events/shipping.js";

/** One parcel of an order, as far as the order cares. */
interface Parcel {
  readonly status: "booked" | "shipped" | "delivered";
  readonly lines: readonly ParcelLine[];
}

/** Something that the buyer sends back; `inspected` is null until somebody has looked at it. */
interface Return {
  readonly lines: readonly ParcelLine[];
  readonly inspected: readonly InspectedLine[] | null;
}

/** Why an order waits. */
interface Hold {
  readonly reason: string;
  /** Version of the stream with which it began: it tells this hold from every other one. */
  readonly version: number;
}

export interface LivingOrder {
  /** `stage`, or ON_HOLD while it waits. */
  readonly status: OrderStatus;
  /** Where it stands, on hold or not. */
  readonly stage: Exclude<OrderStatus, "ON_HOLD">;
  readonly hold: Hold | null;
  /** Version of its stream. */
  readonly version: number;
  readonly orderId: string;
  readonly customerId: string;
  /** As they were placed. */
  readonly lines: readonly OrderLine[];
  readonly totals: OrderTotals;
  /** The reservation that it took over; null where its units were set aside with its placing. */
  readonly reservationId: string | null;
  readonly paymentId: string | null;
  /** What is known of its money; what went back since stands on the payment. */
  readonly money: "none" | "authorized" | "captured";
  /** Until when the buyer may try another method; null where none was refused. RFC 3339. */
  readonly payBefore: string | null;
  /** Parcels of the present packing. */
  readonly parcels: ReadonlyMap<string, Parcel>;
  /** Parcels that it did not want, or no longer. */
  readonly formerParcels: ReadonlySet<string>;
  readonly packing: number;
  /** Every parcel has a courier: no further one will come. */
  readonly allocated: boolean;
  /** Why it was called off. */
  readonly cause: OrderCancelled["cause"] | null;
  /** Units that were called off, by SKU. */
  readonly cancelled: ReadonlyMap<string, number>;
  /** Units that are no longer owed for, by SKU: called off, or returned and not refused. */
  readonly back: ReadonlyMap<string, number>;
  /** What is no longer owed of the fixed total, in minor units. */
  readonly revertedMinor: number;
  readonly returns: ReadonlyMap<string, Return>;
  /** Numbered units that were called off, as `<sku>/<unit>`. */
  readonly freedUnits: ReadonlySet<string>;
  /** Numbered units that left with a parcel and have not come back. */
  readonly goneUnits: readonly UnitFact[];
}

export type Order = { readonly status: "absent" } | LivingOrder;

export function evolveOrder(order: Order, event: OrderEvent): Order {
  if (event.type === "OrderPlaced") {
    const { orderId, customerId, lines, totals, reservationId = null } = event;
    return {
      status: "PLACED", stage: "PLACED", hold: null, version: 1, orderId, customerId, lines, totals, reservationId, paymentId: null, money: "none", payBefore: null,
      parcels: new Map(), formerParcels: new Set(), packing: 1, allocated: false, cause: null, cancelled: new Map(), back: new Map(), revertedMinor: 0,
      returns: new Map(), freedUnits: new Set(), goneUnits: [],
    };
  }
  if (order.status === "absent") throw new Error(`${event.type} stands before OrderPlaced`);
  const version = order.version + 1;
  const next: LivingOrder = { ...order, ...changesBy(order, event, version), version };
  return { ...next, status: next.hold && next.stage !== "CANCELLED" ? "ON_HOLD" : next.stage };
}

function changesBy(order: LivingOrder, event: Exclude<OrderEvent, { type: "OrderPlaced" }>, version: number): Partial<LivingOrder> {
  switch (event.type) {
    case "OrderPaid":
      return { stage: "PAID", paymentId: event.paymentId, money: moneyOf(event), payBefore: null };
    case "OrderReinstated":
      return { stage: "PAID", paymentId: event.paymentId, money: moneyOf(event), payBefore: null, cause: null, revertedMinor: order.revertedMinor - event.owedMinor };
    case "OrderPaymentCaptured":
      return { money: "captured" };
    case "OrderPaymentDeclined":
      return { payBefore: event.payBefore };
    case "OrderPaymentUnwanted":
      return { paymentId: event.paymentId, money: moneyOf(event) };
    case "OrderParcelBooked":
      return withParcel(order, event.shipmentId, { status: "booked", lines: event.lines });
    case "OrderAllocated":
      return { ...withParcel(order, event.shipmentId, { status: "booked", lines: event.lines }), allocated: true, stage: hasLeft(order) ? order.stage : "ALLOCATED" };
    case "OrderShipmentUnwanted":
      return { formerParcels: new Set(order.formerParcels).add(event.shipmentId) };
    case "OrderParcelShipped":
      return { ...moveParcel(order, event.shipmentId, "shipped"), stage: "SHIPPED", goneUnits: [...order.goneUnits, ...event.units ?? []] };
    case "OrderParcelDelivered":
      return moveParcel(order, event.shipmentId, "delivered");
    case "OrderDelivered":
      return { ...moveParcel(order, event.shipmentId, "delivered"), stage: "DELIVERED" };
    case "OrderCancelled":
      return { stage: "CANCELLED", cause: event.cause, hold: null, payBefore: null, revertedMinor: order.revertedMinor + event.revertedMinor };
    case "OrderPutOnHold":
      return { hold: { reason: event.reason, version } };
    case "OrderResumed":
      return { hold: null, packing: event.packing };
    case "OrderLinesCancelled":
      return linesCancelled(order, event);
    case "OrderReturnRequested":
      return { returns: new Map(order.returns).set(event.returnId, { lines: event.lines, inspected: null }) };
    case "OrderReturnInspected":
      return returnInspected(order, event);
  }
}

function linesCancelled(order: LivingOrder, { cancelled, revertedMinor, packing, units = [] }: Extract<OrderEvent, { type: "OrderLinesCancelled" }>): Partial<LivingOrder> {
  const repacked = packing === order.packing ? {} : {
    packing, parcels: new Map(), formerParcels: new Set([...order.formerParcels, ...order.parcels.keys()]), allocated: false, stage: "PAID" as const,
  };
  return {
    ...repacked, cancelled: plus(order.cancelled, cancelled), back: plus(order.back, cancelled), revertedMinor: order.revertedMinor + revertedMinor,
    freedUnits: new Set([...order.freedUnits, ...units.map(({ sku, unitId }) => `${sku}/${unitId}`)]),
  };
}

function returnInspected(order: LivingOrder, event: Extract<OrderEvent, { type: "OrderReturnInspected" }>): Partial<LivingOrder> {
  const { returnId, inspected, revertedMinor, complete, units = [] } = event;
  const returned = inspected.map(({ sku, restocked, scrapped }) => ({ sku, quantity: restocked + scrapped }));
  const cameBack = new Set(units.map(({ sku, unitId }) => `${sku}/${unitId}`));
  return {
    returns: new Map(order.returns).set(returnId, { lines: order.returns.get(returnId)?.lines ?? [], inspected }),
    back: plus(order.back, returned), revertedMinor: order.revertedMinor + revertedMinor, stage: complete ? "RETURNED" : order.stage,
    goneUnits: order.goneUnits.filter(({ sku, unitId }) => !cameBack.has(`${sku}/${unitId}`)),
  };
}

function moneyOf({ authorized }: { readonly authorized?: true }): LivingOrder["money"] {
  return authorized ? "authorized" : "captured";
}

/** A parcel of it is, or was, with the courier for good: it can only be returned. */
export function hasLeft({ parcels }: LivingOrder): boolean {
  return [...parcels.values()].some(({ status }) => status !== "booked");
}

function withParcel({ parcels }: LivingOrder, shipmentId: string, parcel: Parcel): Partial<LivingOrder> {
  return { parcels: new Map(parcels).set(shipmentId, parcel) };
}

function moveParcel(order: LivingOrder, shipmentId: string, status: Parcel["status"]): Partial<LivingOrder> {
  const parcel = order.parcels.get(shipmentId);
  return parcel ? withParcel(order, shipmentId, { ...parcel, status }) : {};
}

/** Units added up by SKU. */
export function plus(counts: ReadonlyMap<string, number>, lines: readonly ParcelLine[]): ReadonlyMap<string, number> {
  const sum = new Map(counts);
  for (const { sku, quantity } of lines) sum.set(sku, (sum.get(sku) ?? 0) + quantity);
  return sum;
}
