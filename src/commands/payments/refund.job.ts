import type { OrderCancelled, OrderPaymentUnwanted } from "../../events/orders.js";
import { defineConsumer } from "../../kernel/consumer.js";
import { readState } from "../../platform/jobs/event-reader.js";
import type { JobHandler } from "../../platform/jobs/job-handler.js";
import type { PaymentJobs } from "./charge.job.js";
import { paymentStream } from "./payment.decider.js";
import { recordPayment } from "./record-payment.js";

type RefundCause = OrderCancelled | OrderPaymentUnwanted;

export const refundConsumer = defineConsumer<RefundCause>({
  queue: "payments.refund",
  on: ["OrderCancelled", "OrderPaymentUnwanted"],
  when: (event) => event.type === "OrderPaymentUnwanted" || event.refundPaymentId !== null,
});

/** Gives back all that was captured and not refunded yet; the key at the provider is a function of the payment. */
export function refundHandler({ bus, pool, provider }: PaymentJobs): JobHandler<RefundCause> {
  return async ({ eventId, event }) => {
    const paymentId = event.type === "OrderCancelled" ? event.refundPaymentId : event.paymentId;
    if (paymentId === null) return;
    const { capturedMinor, refundedMinor, currency, providerReference } = await readState(pool, paymentStream, paymentId);
    const amountMinor = capturedMinor - refundedMinor;
    if (amountMinor === 0 || currency === null || providerReference === null) return;
    const reason = event.type === "OrderCancelled" ? event.reason : "the order had been cancelled";
    const refund = await provider.refund({ providerReference, amountMinor, currency, reason, idempotencyKey: `refund:${paymentId}:1` });
    if (refund.kind === "refused") throw new Error(`the provider refuses the refund: ${refund.code}`);
    const { orderId } = event;
    await bus.execute(recordPayment, {
      type: "RecordRefund", paymentId, orderId, amountMinor: refund.amountMinor, currency: refund.currency,
      refundReference: refund.refundReference, reason,
    }, { actor: { role: "system", id: refundConsumer.queue }, idempotencyKey: eventId, causationId: eventId });
  };
}
