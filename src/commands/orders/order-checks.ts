import type { InspectedLine } from "../../events/orders.js";
import type { ParcelLine } from "../../events/shipping.js";
import { Refusal } from "../../kernel/refusal.js";
import { hasLeft, type LivingOrder } from "./order-state.js";
import { heldLines, returnableUnits } from "./order-units.js";

/**
 * Whether single lines may be called off.
 * @throws Refusal ORDER_NOT_CANCELLABLE NO_LINES DUPLICATE_SKU UNKNOWN_LINE INVALID_QUANTITY WHOLE_ORDER
 */
export function checkCancelledLines(order: LivingOrder, lines: readonly ParcelLine[]): void {
  if (order.stage === "CANCELLED") throw new Refusal("ORDER_NOT_CANCELLABLE", "This order was called off.", "orderId");
  if (hasLeft(order)) throw new Refusal("ORDER_NOT_CANCELLABLE", "A parcel of this order has left; it can only be returned.", "orderId");
  const held = heldLines(order);
  const wanted = checkLines(order, lines, new Map(held.map(({ sku, quantity }) => [sku, quantity])));
  if (held.every(({ sku, quantity }) => wanted.get(sku) === quantity)) {
    throw new Refusal("WHOLE_ORDER", "That is all that is left of the order: call it off with cancelOrder.", "lines");
  }
}

/** @throws Refusal NOTHING_TO_RETURN NO_LINES DUPLICATE_SKU UNKNOWN_LINE INVALID_QUANTITY */
export function checkReturnedLines(order: LivingOrder, lines: readonly ParcelLine[]): void {
  const returnable = returnableUnits(order);
  if ([...returnable.values()].every((units) => units === 0)) throw new Refusal("NOTHING_TO_RETURN", "Nothing of this order has been sent that is not on its way back already.", "orderId");
  checkLines(order, lines, returnable);
}

/** @throws Refusal RETURN_UNKNOWN RETURN_INSPECTED NO_LINES DUPLICATE_SKU UNKNOWN_LINE INVALID_QUANTITY */
export function checkInspection(order: LivingOrder, returnId: string, inspected: readonly InspectedLine[]): void {
  const found = order.returns.get(returnId);
  if (!found) throw new Refusal("RETURN_UNKNOWN", "This order has no such return.", "returnId");
  if (found.inspected) throw new Refusal("RETURN_INSPECTED", "This return was inspected already.", "returnId");
  for (const [index, line] of inspected.entries()) {
    const counts = [line.restocked, line.scrapped, line.refused];
    if (!counts.every((count) => Number.isInteger(count) && count >= 0)) throw new Refusal("INVALID_QUANTITY", "Units are counted from 0 on.", `lines.${String(index)}`);
  }
  const lines = inspected.map(({ sku, restocked, scrapped, refused }) => ({ sku, quantity: restocked + scrapped + refused }));
  checkLines(order, lines, new Map(found.lines.map(({ sku, quantity }) => [sku, quantity])));
}

/** @returns the quantities by SKU */
function checkLines(order: LivingOrder, lines: readonly ParcelLine[], most: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  if (lines.length === 0) throw new Refusal("NO_LINES", "Name at least one line.", "lines");
  const wanted = new Map<string, number>();
  for (const [index, { sku, quantity }] of lines.entries()) {
    const field = `lines.${String(index)}`;
    if (wanted.has(sku)) throw new Refusal("DUPLICATE_SKU", `Name ${sku} once and add up its quantity.`, `${field}.sku`);
    if (!order.lines.some((line) => line.sku === sku)) throw new Refusal("UNKNOWN_LINE", `The order has no line of ${sku}.`, `${field}.sku`);
    const units = most.get(sku) ?? 0;
    if (!Number.isInteger(quantity) || quantity < 1 || quantity > units) {
      throw new Refusal("INVALID_QUANTITY", units === 0 ? `There is no unit of ${sku} left for that.` : `A quantity of ${sku} is 1 to ${String(units)} here.`, `${field}.quantity`);
    }
    wanted.set(sku, quantity);
  }
  return wanted;
}
