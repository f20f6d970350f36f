import type { BookedFacts } from "../../events/inventory.js";
import type { OrderCancelled } from "../../events/orders.js";
import { defineCommand, type DecisionUnit, type RowsRef } from "../../kernel/command.js";
import { Refusal, UnknownRefusal } from "../../kernel/refusal.js";
import { buyerOf, countersOf, release } from "../inventory/inventory.steps.js";
import { orderStream, type Order } from "./order.decider.js";
import { hasLeft, type LivingOrder } from "./order-state.js";
import { heldLines } from "./order-units.js";

export const orderReasonMax = 500;

const nothing: BookedFacts = { stock: [], sales: [] };

export interface CancelOrderInput {
  readonly orderId: string;
  readonly reason: string;
  /** `request` where absent. */
  readonly cause?: OrderCancelled["cause"];
  /** Leaves an order alone whose money has come meanwhile, or which its buyer may still pay otherwise. */
  readonly onlyWhileUnpaid?: true;
  /** No other method can be tried: the buyer's time does not matter. */
  readonly hopeless?: true;
  /** Leaves an order alone that no longer waits since that version of its stream, or whose parcels have left. */
  readonly onlyHold?: number;
}

/**
 * Calls an order off until its first parcel has left: its units are free again at once, what was charged is
 * refunded by a job. Refuses with `ORDER_UNKNOWN ORDER_NOT_CANCELLABLE INVALID_REASON`; somebody else's order is unknown.
 */
export const cancelOrder = defineCommand<CancelOrderInput, { readonly orderId: string }>({
  name: "cancelOrder",
  lane: "orders",
  correlationId: ({ orderId }) => orderId,
  needs: ({ orderId }) => ({ streams: [{ type: orderStream, id: orderId }] }),
  rowsOf: ({ orderId }, read) => rowsOfCalling(read.state(orderStream, orderId)),
  decide({ orderId, reason, cause = "request", onlyWhileUnpaid, hopeless, onlyHold }, unit) {
    checkReason(reason);
    const order = unit.state(orderStream, orderId);
    checkOwner(unit, order);
    if (order.status !== "absent") {
      const mayStillPay = !hopeless && order.payBefore !== null && order.payBefore > unit.now;
      if (onlyWhileUnpaid && (order.money !== "none" || mayStillPay)) return { orderId };
      if (onlyHold !== undefined && (order.hold?.version !== onlyHold || hasLeft(order))) return { orderId };
    }
    callOff(unit, orderId, reason, cause);
    return { orderId };
  },
});

/** The rows that calling an order off looks at. */
export function rowsOfCalling(order: Order): readonly RowsRef[] {
  return order.status === "absent" ? [] : countersOf(heldLines(order), buyerOf(order.customerId));
}

/** @throws Refusal ORDER_UNKNOWN ORDER_NOT_CANCELLABLE */
export function callOff(unit: DecisionUnit, orderId: string, reason: string, cause: OrderCancelled["cause"]): void {
  const order = unit.state(orderStream, orderId);
  const facts = order.status === "absent" ? nothing : release(unit, heldLines(order), buyerOf(order.customerId));
  unit.execute(orderStream, orderId, { type: "CancelOrder", orderId, reason, cause, ...facts });
}

/** @throws Refusal INVALID_REASON */
export function checkReason(reason: string): void {
  if (reason.length > orderReasonMax) throw new Refusal("INVALID_REASON", `A reason has at most ${String(orderReasonMax)} characters.`, "reason");
}

/** @throws Refusal ORDER_UNKNOWN for somebody else's */
export function checkOwner({ actor }: Pick<DecisionUnit, "actor">, order: Order): void {
  if (actor.role !== "customer" || order.status === "absent" || order.customerId === actor.id) return;
  throw new UnknownRefusal("ORDER_UNKNOWN", "There is no such order.", "orderId");
}

/** The caller's order. @throws Refusal ORDER_UNKNOWN, also for somebody else's */
export function ownOrder(unit: Pick<DecisionUnit, "actor" | "state">, orderId: string): LivingOrder {
  const order = unit.state(orderStream, orderId);
  if (order.status === "absent") throw new UnknownRefusal("ORDER_UNKNOWN", "There is no such order.", "orderId");
  checkOwner(unit, order);
  return order;
}
