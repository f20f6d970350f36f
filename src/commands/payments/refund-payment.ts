import { defineCommand } from "../../kernel/command.js";
import type { Money } from "../../kernel/money.js";
import { Refusal } from "../../kernel/refusal.js";
import { orderNeed, orderToPay } from "../orders/orders.steps.js";
import { paymentStream } from "./payment.decider.js";
import { paymentIdOf } from "./record-payment.js";

export const refundReasonMax = 500;

export interface RefundPaymentInput {
  readonly orderId: string;
  /** All that is left where null. */
  readonly amount: Money | null;
  readonly reason: string;
  /** A person pays it by transfer, where whoever took the money will not give it back. */
  readonly byTransfer?: true;
}

/** The refund was decided; the provider gives it by a job. */
export type RefundPaymentAnswer = { readonly orderId: string; readonly refundId: string; readonly amountMinor: number; readonly currency: string };

/**
 * Gives an order's money back, or a part of it, because an operator wants it so: under the payment's lock, so that all refunds
 * together never pass what was captured. Refuses with `ORDER_UNKNOWN PAYMENT_NOT_CAPTURED REFUND_TOO_LARGE INVALID_AMOUNT
 * CURRENCY_MISMATCH INVALID_REASON PAYMENT_DISPUTED`.
 */
export const refundPayment = defineCommand<RefundPaymentInput, RefundPaymentAnswer>({
  name: "refundPayment",
  correlationId: ({ orderId }) => orderId,
  needs: ({ orderId }) => ({ streams: [orderNeed(orderId), { type: paymentStream, id: paymentIdOf(orderId) }] }),
  decide({ orderId, amount, reason, byTransfer }, unit) {
    if (reason.length > refundReasonMax) throw new Refusal("INVALID_REASON", `A reason has at most ${String(refundReasonMax)} characters.`, "reason");
    const { currency, owedMinor: keepMinor } = orderToPay(unit, orderId);
    if (amount && amount.currency !== currency) throw new Refusal("CURRENCY_MISMATCH", `The order was paid in ${currency}.`, "amount.currency");
    const paymentId = paymentIdOf(orderId);
    const refundId = unit.commandId;
    unit.execute(paymentStream, paymentId, {
      type: "RequestRefund", paymentId, orderId, refundId, amountMinor: amount?.amountMinor ?? "all", keepMinor, cause: "GOODWILL", reason,
      ...(byTransfer ? { byTransfer } : {}),
    });
    const refund = unit.state(paymentStream, paymentId).refunds.get(refundId);
    return { orderId, refundId, amountMinor: refund?.amountMinor ?? 0, currency };
  },
});
