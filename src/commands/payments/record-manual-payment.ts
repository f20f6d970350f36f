import { defineCommand } from "../../kernel/command.js";
import { toDecimalString, type Money } from "../../kernel/money.js";
import { Refusal } from "../../kernel/refusal.js";
import { orderNeed, orderToPay } from "../orders/orders.steps.js";
import { paymentCaseState } from "./payment-case.write-state.js";
import { paymentStream, type Payment } from "./payment.decider.js";
import { paymentIdOf } from "./record-payment.js";

export interface RecordManualPaymentInput {
  readonly orderId: string;
  readonly amount: Money;
}

/**
 * A person saw the money that was to come by hand: the transfer with that reference, or the cash. Refuses with
 * `ORDER_UNKNOWN PAYMENT_UNKNOWN AMOUNT_DIFFERS`. A repetition says nothing new.
 */
export const recordManualPayment = defineCommand<RecordManualPaymentInput, { readonly orderId: string }>({
  name: "recordManualPayment",
  correlationId: ({ orderId }) => orderId,
  needs: ({ orderId }) => ({
    streams: [orderNeed(orderId), { type: paymentStream, id: paymentIdOf(orderId) }],
    rows: [{ state: paymentCaseState, keys: [paymentIdOf(orderId)] }],
  }),
  decide({ orderId, amount: { amountMinor, currency } }, unit) {
    const order = orderToPay(unit, orderId);
    const paymentId = paymentIdOf(orderId);
    const payment = unit.state(paymentStream, paymentId);
    const { provider, providerReference, attempt } = awaitedOr(payment);
    if (payment.capturedMinor > 0 && payment.capturedMinor !== amountMinor) {
      const recorded = toDecimalString({ amountMinor: payment.capturedMinor, currency: order.currency });
      throw new Refusal("AMOUNT_DIFFERS", `${recorded} ${order.currency} were recorded for this order already; send what came on top back.`, "amount");
    }
    // Whoever called lines off may have sent the whole all the same: what is too much goes back.
    if (currency !== order.currency || (amountMinor !== order.totalMinor && amountMinor !== order.owedMinor)) {
      throw new Refusal("AMOUNT_DIFFERS", `This order costs ${toDecimalString({ amountMinor: order.owedMinor, currency: order.currency })} ${order.currency}; send another amount back.`, "amount");
    }
    unit.execute(paymentStream, paymentId, {
      type: "RecordCapture", paymentId, orderId, attempt, amountMinor, currency, provider, providerReference,
      expected: { amountMinor: order.totalMinor, currency }, newsId: null,
    });
    if (order.status !== "CANCELLED" && amountMinor > order.owedMinor) {
      unit.execute(paymentStream, paymentId, {
        type: "RequestRefund", paymentId, orderId, refundId: unit.commandId, amountMinor: amountMinor - order.owedMinor, keepMinor: order.owedMinor,
        cause: "LINES_CANCELLED", reason: "lines had been called off",
      });
    }
    return { orderId };
  },
});

/** Whoever takes money by hand names no other charge than the one that was announced. */
function awaitedOr({ provider, providerReference, attempt }: Payment): { readonly provider: string; readonly providerReference: string; readonly attempt: number } {
  if (provider === null || providerReference === null || !byHand.has(provider)) {
    throw new Refusal("PAYMENT_UNKNOWN", "This order waits for no transfer and no cash.", "orderId");
  }
  return { provider, providerReference, attempt };
}

/** Names of the providers that are people. */
const byHand: ReadonlySet<string> = new Set(["bank_transfer", "cash_on_delivery"]);
