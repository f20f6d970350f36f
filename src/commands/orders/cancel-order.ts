import type { BookedFacts } from "../../events/inventory.js";
import { defineCommand } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import { buyerOf, countersOf, release } from "../inventory/inventory.steps.js";
import { heldLines, orderStream } from "./order.decider.js";

export const cancelReasonMax = 500;

const nothing: BookedFacts = { stock: [], sales: [] };

export interface CancelOrderInput {
  readonly orderId: string;
  readonly reason: string;
  /** Leaves an order alone whose money has come meanwhile. */
  readonly onlyWhileUnpaid?: true;
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
  rowsOf: ({ orderId }, read) => {
    const order = read.state(orderStream, orderId);
    return order.status === "absent" ? [] : countersOf(heldLines(order), buyerOf(order.customerId));
  },
  decide({ orderId, reason, onlyWhileUnpaid }, unit) {
    if (reason.length > cancelReasonMax) throw new Refusal("INVALID_REASON", `A reason has at most ${String(cancelReasonMax)} characters.`, "reason");
    const order = unit.state(orderStream, orderId);
    const foreign = unit.actor.role === "customer" && order.status !== "absent" && order.customerId !== unit.actor.id;
    if (foreign) throw new Refusal("ORDER_UNKNOWN", "There is no such order.", "orderId");
    if (onlyWhileUnpaid && order.status !== "absent" && order.paymentId !== null) return { orderId };
    const facts = order.status === "absent" ? nothing : release(unit, heldLines(order), buyerOf(order.customerId));
    unit.execute(orderStream, orderId, { type: "CancelOrder", orderId, reason, ...facts });
    return { orderId };
  },
});
