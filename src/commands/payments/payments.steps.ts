import type { PaymentEvent } from "../../events/payments.js";
import { fold } from "../../kernel/decider.js";
import { paymentStream, refundedAtTaker, refundOfStray, strayRefundId, type Payment, type PaymentCommand } from "./payment.decider.js";
import { paymentIdOf, recordPayment } from "./record-payment.js";

/** What reconciliation needs to know a payment, and to record what the provider says of it as a webhook would. */
export { paymentIdOf, recordPayment, refundedAtTaker, refundOfStray, strayRefundId, type Payment, type PaymentCommand };

export function paymentStreamId(paymentId: string): string {
  return paymentStream.streamId(paymentId);
}

export function foldPayment(events: readonly PaymentEvent[]): Payment {
  return fold(paymentStream.decider, events);
}
