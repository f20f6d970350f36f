import type { OrderParcelShipped } from "../../events/orders.js";
import { defineConsumer } from "../../kernel/consumer.js";
import { readState } from "../../platform/jobs/event-reader.js";
import type { JobHandler } from "../../platform/jobs/job-handler.js";
import { PaymentDesk, type PaymentJobs } from "./payment-desk.process.js";
import { paymentStream } from "./payment.decider.js";
import { paymentIdOf } from "./record-payment.js";

export const captureConsumer = defineConsumer<OrderParcelShipped>({
  queue: "payments.capture", on: ["OrderParcelShipped"], fifo: true, when: ({ authorized }) => authorized === true,
});

/**
 * Takes the money that was set aside, when the first parcel has left: what is owed by then, the rest is let go, and all of
 * it where nothing is. The key and the amount are functions of the charge and of the parcel's event, so that a repetition
 * asks for the same.
 */
export function captureHandler(jobs: PaymentJobs): JobHandler<OrderParcelShipped> {
  const desk = new PaymentDesk(jobs);
  return async ({ eventId, event: { orderId }, version }, info) => {
    const paymentId = paymentIdOf(orderId);
    const cause = { queue: captureConsumer.queue, id: eventId };
    const [payment, facts] = await Promise.all([readState(jobs.pool, paymentStream, paymentId), desk.facts(orderId)]);
    const { status, attempt, providerReference, provider: name } = payment;
    const provider = jobs.providers.of("CARD");
    // Cash is collected by a person, who records it.
    if (status !== "AUTHORIZED" || providerReference === null || name !== provider.name || !facts) return;
    if (info.attempt > 1) {
      // What an earlier try came to is asked before the next one.
      await desk.ask(provider, payment, facts, paymentId, cause);
      if ((await readState(jobs.pool, paymentStream, paymentId)).status !== "AUTHORIZED") return;
    }
    const { currency, totalMinor } = facts;
    const amountMinor = facts.owedMinor(version);
    if (amountMinor === 0) return desk.letGo(payment, facts, "nothing is owed for the order any more", cause);
    const result = await provider.capture({ providerReference, amountMinor, currency, idempotencyKey: `capture:${providerReference}` });
    if (result.kind === "refused") {
      await desk.recordVoid(paymentId, orderId, providerReference, result.code, cause);
      return;
    }
    const { kind: _kind, ...captured } = result;
    await desk.record({
      type: "RecordCapture", paymentId, orderId, attempt, ...captured, provider: provider.name, providerReference,
      expected: { amountMinor: totalMinor, currency }, newsId: null,
    }, cause);
  };
}
