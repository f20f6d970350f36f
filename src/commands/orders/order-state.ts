import type { UnitFact } from "../../events/inventory.js";
import type { OrderReturnArrived, ReturnRefund } from "../../events/order-returns.js";
import type { InspectedLine, OrderCancelled, OrderEvent, OrderLine, OrderStatus, OrderTotals } from "../../events/orders.js";
import type { ParcelLine } from "../../events/shipping.js";

/** One parcel of an order, as far as the order cares. */
interface Parcel {
  readonly status: "booked" | "shipped" | "delivered" | "returning";
  readonly lines: readonly ParcelLine[];
}

/** Something that comes back; `inspected` is null until somebody has looked at it. */
export interface Return {
  readonly lines: readonly ParcelLine[];
  readonly inspected: readonly InspectedLine[] | null;
  /** The parcel that comes back by itself; null where the buyer asked. */
  readonly shipmentId: string | null;
  readonly refund: ReturnRefund;
  /** It is there. Only parcels that come back by themselves say so. */
  readonly arrived: boolean;
}

/** Why an order waits. */
interface Hold {
  readonly reason: string;
  /** Version of the stream with which it began: it tells this hold from every other one. */
  readonly version: number;
  /** Parcels that are taken for lost; empty where it waits for something else. */
  readonly lost: readonly string[];
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
  /** Parcels that it did not want, or no longer, and what they hold; null where that is not known. */
  readonly formerParcels: ReadonlyMap<string, readonly ParcelLine[] | null>;
  /** Parcels that left though they were not wanted, and whether their units were taken out of the stock. */
  readonly strays: ReadonlyMap<string, { readonly counted: boolean }>;
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
      parcels: new Map(), formerParcels: new Map(), strays: new Map(), packing: 1, allocated: false, cause: null, cancelled: new Map(), back: new Map(), revertedMinor: 0,
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
    case "OrderPaymentRetried":
      // Should it be refused too, the buyer's time is still that of the first no.
      return {};
    case "OrderPaymentUnwanted":
      return { paymentId: event.paymentId, money: moneyOf(event) };
    case "OrderParcelBooked":
      return withParcel(order, event.shipmentId, { status: "booked", lines: event.lines });
    case "OrderAllocated":
      return { ...withParcel(order, event.shipmentId, { status: "booked", lines: event.lines }), allocated: true, stage: hasLeft(order) ? order.stage : "ALLOCATED" };
    case "OrderShipmentUnwanted":
      return { formerParcels: new Map(order.formerParcels).set(event.shipmentId, event.lines ?? null) };
    case "OrderParcelShipped":
      return { ...moveParcel(order, event.shipmentId, "shipped"), stage: "SHIPPED", goneUnits: [...order.goneUnits, ...event.units ?? []] };
    case "OrderParcelDelivered":
      return delivered(order, event.shipmentId);
    case "OrderDelivered":
      return { ...delivered(order, event.shipmentId), stage: "DELIVERED" };
    case "OrderParcelReturning":
      return { ...moveParcel(order, event.shipmentId, "returning"), stage: event.becomes };
    case "OrderParcelStrayed":
      return { strays: new Map(order.strays).set(event.shipmentId, { counted: !event.uncounted }), goneUnits: [...order.goneUnits, ...event.units ?? []] };
    case "OrderCancelled":
      return { stage: "CANCELLED", cause: event.cause, hold: null, payBefore: null, revertedMinor: order.revertedMinor + event.revertedMinor };
    case "OrderPutOnHold":
      return { hold: { reason: event.reason, version, lost: event.lost ?? [] } };
    case "OrderResumed":
      return { hold: null, packing: event.packing };
    case "OrderLinesCancelled":
      return linesCancelled(order, event);
    case "OrderReturnRequested":
      return {
        returns: new Map(order.returns).set(event.returnId, {
          lines: event.lines, inspected: null, shipmentId: event.shipmentId ?? null, refund: event.refund ?? "inspection", arrived: false,
        }),
      };
    case "OrderReturnArrived":
      return returnArrived(order, event);
    case "OrderReturnInspected":
      return returnInspected(order, event);
  }
}

function linesCancelled(order: LivingOrder, { cancelled, revertedMinor, packing, units = [] }: Extract<OrderEvent, { type: "OrderLinesCancelled" }>): Partial<LivingOrder> {
  const repacked = packing === order.packing ? {} : {
    packing, parcels: new Map(), formerParcels: new Map([...order.formerParcels, ...[...order.parcels].map(([id, { lines }]) => [id, lines] as const)]), allocated: false, stage: "PAID" as const,
  };
  return {
    ...repacked, cancelled: plus(order.cancelled, cancelled), back: plus(order.back, cancelled), revertedMinor: order.revertedMinor + revertedMinor,
    freedUnits: new Set([...order.freedUnits, ...units.map(({ sku, unitId }) => `${sku}/${unitId}`)]),
  };
}

function returnInspected(order: LivingOrder, event: Extract<OrderEvent, { type: "OrderReturnInspected" }>): Partial<LivingOrder> {
  const { returnId, inspected, revertedMinor, complete, units = [] } = event;
  const known = order.returns.get(returnId);
  if (!known) return {};
  const returned = givenBackFor(order, known, inspected);
  const cameBack = new Set(units.map(({ sku, unitId }) => `${sku}/${unitId}`));
  return {
    returns: new Map(order.returns).set(returnId, { ...known, inspected }),
    back: plus(order.back, returned), revertedMinor: order.revertedMinor + revertedMinor, stage: complete ? "RETURNED" : order.stage,
    goneUnits: order.goneUnits.filter(({ sku, unitId }) => !cameBack.has(`${sku}/${unitId}`)),
  };
}

/** Units that an inspection gives money back for: none that were given back for when they arrived, that are not, or of a parcel whose order is called off. */
export function givenBackFor({ strays }: Pick<LivingOrder, "strays">, { refund, arrived, shipmentId }: Return, inspected: readonly InspectedLine[]): readonly ParcelLine[] {
  if (refund === "never" || (refund === "arrival" && arrived) || (shipmentId !== null && strays.has(shipmentId))) return [];
  return inspected.map(({ sku, restocked, scrapped }) => ({ sku, quantity: restocked + scrapped }));
}

/** What of an order is called off already is not given back for again when its stray parcel arrives. */
export function isRefundedAtArrival({ strays }: Pick<LivingOrder, "strays">, { refund, shipmentId }: Pick<Return, "refund" | "shipmentId">): boolean {
  return refund === "arrival" && (shipmentId === null || !strays.has(shipmentId));
}

function returnArrived(order: LivingOrder, { returnId, revertedMinor }: OrderReturnArrived): Partial<LivingOrder> {
  const known = order.returns.get(returnId);
  if (!known) return {};
  return {
    returns: new Map(order.returns).set(returnId, { ...known, arrived: true }), revertedMinor: order.revertedMinor + revertedMinor,
    ...(isRefundedAtArrival(order, known) ? { back: plus(order.back, known.lines) } : {}),
  };
}

/** One that was given up and arrives all the same does not come back. */
function delivered(order: LivingOrder, shipmentId: string): Partial<LivingOrder> {
  const returns = new Map([...order.returns].filter(([, one]) => one.shipmentId !== shipmentId || one.inspected !== null));
  return { ...moveParcel(order, shipmentId, "delivered"), returns };
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
