import type { PackLine } from "../../events/orders.js";
import type { ParcelLine } from "../../events/shipping.js";
import { isRefundedAtArrival, plus, type LivingOrder, type Order } from "./order-state.js";

/** Units that are set aside for an order, and the sale that they came from; absent for units of the shelf. */
export interface HeldLine extends ParcelLine {
  readonly saleId?: string;
  /** Which ones, where they are numbered. */
  readonly unitIds?: readonly string[];
}

/** What is ordered and was not called off line by line, whether the order is over or not. */
export function orderedLines({ lines, cancelled, freedUnits }: LivingOrder): readonly HeldLine[] {
  return lines.map(({ sku, quantity, saleId, unitIds }) => ({
    sku, quantity: quantity - (cancelled.get(sku) ?? 0), ...(saleId === undefined ? {} : { saleId }),
    ...(unitIds ? { unitIds: unitIds.filter((unitId) => !freedUnits.has(`${sku}/${unitId}`)) } : {}),
  })).filter(({ quantity }) => quantity > 0);
}

/** What is still set aside for the order: its lines less what was called off and what has left. Nothing for an order that is over. */
export function heldLines(order: Order): readonly HeldLine[] {
  if (order.status === "absent" || order.stage === "CANCELLED") return [];
  const gone = goneUnits(order);
  return orderedLines(order).map((line) => {
    const left = gone.get(line.sku) ?? 0;
    return { ...line, quantity: line.quantity - left, ...(line.unitIds ? { unitIds: line.unitIds.slice(left) } : {}) };
  }).filter(({ quantity }) => quantity > 0);
}

/** What has to be packed. */
export function packLines(order: LivingOrder, cancelled = order.cancelled): readonly PackLine[] {
  return order.lines.map(({ sku, quantity, unitWeightGrams, unitSizeMm }) => ({
    sku, quantity: quantity - (cancelled.get(sku) ?? 0), unitWeightGrams, ...(unitSizeMm && { unitSizeMm }),
  })).filter(({ quantity }) => quantity > 0);
}

/** The lines of a parcel that is booked and has not left. Numbered units leave in the order of their line: which box holds which is not told before. */
export function bookedParcelLines(order: Order, shipmentId: string): readonly Omit<HeldLine, "saleId">[] {
  if (order.status === "absent" || order.stage === "CANCELLED") return [];
  const parcel = order.parcels.get(shipmentId);
  if (parcel?.status !== "booked") return [];
  const held = heldLines(order);
  return parcel.lines.map((line) => {
    const unitIds = held.find(({ sku }) => sku === line.sku)?.unitIds?.slice(0, line.quantity);
    return unitIds ? { ...line, unitIds } : line;
  });
}

/** Units that left with a parcel, by SKU. */
function goneUnits({ parcels }: LivingOrder): ReadonlyMap<string, number> {
  return [...parcels.values()].filter(({ status }) => status !== "booked").reduce<ReadonlyMap<string, number>>((gone, { lines }) => plus(gone, lines), new Map());
}

/** Units that may still come back, by SKU: what has left, less what is on its way back or was looked at already. Those of a stray parcel are no longer the order's. */
export function returnableUnits(order: LivingOrder): ReadonlyMap<string, number> {
  const ofOrder = [...order.returns.values()].filter(({ shipmentId }) => shipmentId === null || !order.strays.has(shipmentId));
  const spoken = ofOrder.flatMap((one) => {
    // What was given back for when it arrived is not given back for again, however little of it somebody found.
    if (one.inspected === null || (one.arrived && isRefundedAtArrival(order, one))) return one.lines;
    return one.inspected.map(({ sku, restocked, scrapped, refused }) => ({ sku, quantity: restocked + scrapped + refused }));
  });
  return plus(goneUnits(order), spoken.map(({ sku, quantity }) => ({ sku, quantity: -quantity })));
}

/** Whether a parcel's news can be told apart from nothing: its booking is known here. */
export function knowsParcel(order: Order, shipmentId: string): boolean {
  return order.status !== "absent" && (order.parcels.has(shipmentId) || order.formerParcels.has(shipmentId));
}

/** Whether the order does not want a parcel, or no longer: it is over, or packed anew. */
export function isUnwanted(order: LivingOrder, shipmentId: string): boolean {
  return order.stage === "CANCELLED" || order.formerParcels.has(shipmentId);
}

/** What an unwanted parcel holds, with the units that it may be, where they are numbered; null where nobody knows. */
export function unwantedLines(order: LivingOrder, shipmentId: string): readonly HeldLine[] | null {
  const lines = order.formerParcels.get(shipmentId) ?? order.parcels.get(shipmentId)?.lines;
  return lines?.map(({ sku, quantity }) => {
    const unitIds = order.lines.find((line) => line.sku === sku)?.unitIds;
    return { sku, quantity, ...(unitIds ? { unitIds } : {}) };
  }) ?? null;
}

/** What comes back with a parcel: its lines, less what the buyer sends back already. */
export function linesComingBack(order: LivingOrder, shipmentId: string): readonly ParcelLine[] {
  if (isUnwanted(order, shipmentId)) return unwantedLines(order, shipmentId)?.map(({ sku, quantity }) => ({ sku, quantity })) ?? [];
  const returnable = returnableUnits(order);
  return (order.parcels.get(shipmentId)?.lines ?? []).map(({ sku, quantity }) => ({ sku, quantity: Math.min(quantity, returnable.get(sku) ?? 0) }))
    .filter(({ quantity }) => quantity > 0);
}

/** Money that comes late takes its units again: only where want of money was why they were given up. */
export function canComeBack(order: Order): order is LivingOrder {
  return order.status !== "absent" && order.stage === "CANCELLED" && order.money === "none" && (order.cause === "payment" || order.cause === "payment_deadline");
}
