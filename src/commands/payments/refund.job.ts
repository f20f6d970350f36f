import type { RefundRequested } from "../../events/payments.js";
import type { PaymentProvider } from "../../gateways/payments/payment-port.js";
import { defineConsumer } from "../../kernel/consumer.js";
import { readState } from "../../platform/jobs/event-reader.js";
import type { JobHandler } from "../../platform/jobs/job-handler.js";
import { isKeyKept } from "./charge.job.js";
import { PaymentDesk, type PaymentJobs } from "./payment-desk.process.js";
import { paymentStream, refundedAtTaker, type Payment } from "./payment.decider.js";

export const refundConsumer = defineConsumer<RefundRequested>({ queue: "payments.refund", on: ["RefundRequested"] });

/** Gives back what was decided; the key at the provider is the refund's own id, so that a repetition is answered with the first one. */
export function refundHandler(jobs: PaymentJobs): JobHandler<RefundRequested> {
  const desk = new PaymentDesk(jobs);
  return async ({ eventId, event, recordedAt }, info) => {
    const { paymentId, orderId, refundId, amountMinor, currency, providerReference, reason } = event;
    const cause = { queue: refundConsumer.queue, id: eventId };
    const provider = jobs.providers.named(event.provider);
    if (!provider) throw new Error(`there is no payment provider ${event.provider}`);
    if (info.attempt > 1) {
      const payment = await readState(jobs.pool, paymentStream, paymentId);
      if (payment.refunds.get(refundId)?.state !== "requested") return;
      if (!isKeyKept(provider, recordedAt)) await expectUntouched(provider, payment, providerReference);
    }
    const result = await provider.refund({ providerReference, refundId, paymentId, orderId, amountMinor, currency, reason, idempotencyKey: `refund:${refundId}` });
    if (result.kind === "refunded") {
      await desk.record({
        type: "RecordRefund", paymentId, orderId, refundId, amountMinor: result.amountMinor, currency: result.currency, refundReference: result.refundReference, reason,
      }, cause);
      return;
    }
    // Told before it is written: what is written is not tried again, and a crash between the two would leave nobody told.
    await jobs.alerts.raise({
      key: `refund_failed:${refundId}`, severity: "critical", message: "A provider will not give a refund; try it again with refundPayment, or pay the buyer back yourself and record that with refundPayment and byTransfer.",
      details: { orderId, providerReference, amountMinor, currency, code: result.code },
    });
    await desk.record({ type: "RecordRefundFailure", paymentId, orderId, refundId, refundReference: null, code: result.code }, cause);
  };
}

/**
 * When the provider no longer knows the key, a refund is only repeated where nothing but what is known went back.
 * @throws Error where something did: whether it was this refund is for a person to see
 */
async function expectUntouched(provider: PaymentProvider, payment: Payment, providerReference: string): Promise<void> {
  const found = await provider.retrieve(providerReference);
  const ours = providerReference === payment.providerReference ? refundedAtTaker(payment) : 0;
  if (found?.refundedMinor !== ours) throw new Error(`a refund of ${providerReference} may have been made; compare the refunds at the provider`);
}
