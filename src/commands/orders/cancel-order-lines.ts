import type { ParcelLine } from "../../events/shipping.js";
import { defineCommand } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import { buyerOf, countersOf, release } from "../inventory/inventory.steps.js";
import { checkReason, ownOrder } from "./cancel-order.js";
import { checkCancelledLines } from "./order-checks.js";
import { orderStream } from "./order.decider.js";
import type { LivingOrder } from "./order-state.js";
import { heldLines, type HeldLine } from "./order-units.js";

/** Some units of one line. */
export interface CancelledLine extends ParcelLine {
  /** Which ones, of a product whose units are numbered; the last ones of the line where absent. */
  readonly unitIds?: readonly string[];
}

export interface CancelOrderLinesInput {
  readonly orderId: string;
  readonly lines: readonly CancelledLine[];
  readonly reason: string;
}

/**
 * Calls single lines off, or some units of them, until the first parcel has left: the units are free again at once, what
 * they cost goes back, and what is left is packed anew. Refuses with `ORDER_UNKNOWN ORDER_NOT_CANCELLABLE NO_LINES
 * DUPLICATE_SKU UNKNOWN_LINE INVALID_QUANTITY UNIT_UNKNOWN WHOLE_ORDER INVALID_REASON`.
 */
export const cancelOrderLines = defineCommand<CancelOrderLinesInput, { readonly orderId: string }>({
  name: "cancelOrderLines",
  lane: "orders",
  correlationId: ({ orderId }) => orderId,
  needs: ({ orderId }) => ({ streams: [{ type: orderStream, id: orderId }] }),
  rowsOf({ orderId, lines }, read) {
    const order = read.state(orderStream, orderId);
    if (order.status === "absent") return [];
    return countersOf(heldLines(order).filter(({ sku }) => lines.some((line) => line.sku === sku)), buyerOf(order.customerId));
  },
  decide({ orderId, lines, reason }, unit) {
    checkReason(reason);
    const order = ownOrder(unit, orderId);
    const cancelled = lines.map(({ sku, quantity }) => ({ sku, quantity }));
    checkCancelledLines(order, cancelled);
    const facts = release(unit, lines.map((line, index) => leaving(order, line, `lines.${String(index)}.unitIds`)), buyerOf(order.customerId));
    unit.execute(orderStream, orderId, { type: "CancelLines", orderId, reason, lines: cancelled, ...facts });
    return { orderId };
  },
});

/** The units that a line gives up. @throws Refusal UNIT_UNKNOWN */
function leaving(order: LivingOrder, { sku, quantity, unitIds: wanted }: CancelledLine, field: string): HeldLine {
  const held = heldLines(order).find((line) => line.sku === sku);
  const { saleId, unitIds } = held ?? {};
  if (wanted && (new Set(wanted).size !== quantity || !wanted.every((unitId) => unitIds?.includes(unitId)))) {
    throw new Refusal("UNIT_UNKNOWN", `Name ${String(quantity)} units of ${sku} that this order has, each once.`, field);
  }
  return { sku, quantity, ...(saleId === undefined ? {} : { saleId }), ...(unitIds ? { unitIds: wanted ?? unitIds.slice(-quantity) } : {}) };
}
