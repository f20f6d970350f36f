import { defineCommand } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import { noteRetry, orderNeed, orderToPay } from "../orders/orders.steps.js";
import { paymentCaseState } from "./payment-case.write-state.js";
import { readWish, type PaymentWish } from "./payment-wish.steps.js";
import { paymentStream } from "./payment.decider.js";
import { paymentIdOf } from "./record-payment.js";

export interface RetryPaymentInput {
  readonly orderId: string;
  readonly payment: PaymentWish;
}

/**
 * Tries another method where the last one was refused, while the order's units are still held. Refuses with
 * `ORDER_UNKNOWN ORDER_NOT_OPEN PAYMENT_NOT_OPEN PAYMENT_IN_DOUBT CARD_DATA_REFUSED INVALID_TOKEN`; somebody else's order is unknown.
 */
export const retryPayment = defineCommand<RetryPaymentInput, { readonly orderId: string; readonly attempt: number }>({
  name: "retryPayment",
  lane: "orders",
  correlationId: ({ orderId }) => orderId,
  needs: ({ orderId }) => ({
    streams: [orderNeed(orderId), { type: paymentStream, id: paymentIdOf(orderId) }],
    rows: [{ state: paymentCaseState, keys: [paymentIdOf(orderId)] }],
  }),
  decide({ orderId, payment: { method, token } }, unit) {
    const wish = readWish(method, token, "payment");
    const order = orderToPay(unit, orderId);
    if (order.status !== "PLACED") throw new Refusal("ORDER_NOT_OPEN", "This order does not wait for its money (any more); place a new one.", "orderId");
    const paymentId = paymentIdOf(orderId);
    unit.execute(paymentStream, paymentId, { type: "RetryPayment", paymentId, orderId, method });
    const { attempt } = unit.state(paymentStream, paymentId);
    noteRetry(unit, { orderId, paymentId, attempt });
    unit.put(paymentCaseState, { paymentId, orderId, attempt, ...wish, inDoubtSince: null, askAt: null, asked: 0 });
    return { orderId, attempt };
  },
});
