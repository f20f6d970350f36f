import type { Pool } from "pg";
import type { OrderPlaced } from "../../events/orders.js";
import { defineConsumer } from "../../kernel/consumer.js";
import type { PaymentProvider } from "../../gateways/payments/payment-port.js";
import type { CommandBus } from "../../platform/bus/command-bus.js";
import { streamHas } from "../../platform/jobs/event-reader.js";
import type { JobHandler } from "../../platform/jobs/job-handler.js";
import { paymentIdOf, recordPayment } from "./record-payment.js";

/** What payment jobs work with. */
export interface PaymentJobs {
  readonly bus: CommandBus;
  readonly pool: Pool;
  readonly provider: PaymentProvider;
}

export const chargeConsumer = defineConsumer<OrderPlaced>({ queue: "payments.charge", on: ["OrderPlaced"] });

/**
 * Charges an order once: the key at the provider is a function of the order, so that a repetition, also after
 * a timeout, is answered with the first charge. An order that was called off meanwhile is not charged.
 */
export function chargeHandler({ bus, pool, provider }: PaymentJobs): JobHandler<OrderPlaced> {
  const isCalledOff = streamHas(pool, "OrderCancelled");
  return async ({ eventId, event: { orderId, totals }, streamId }) => {
    const paymentId = paymentIdOf(orderId);
    if (await isCalledOff(streamId)) return;
    const envelope = { actor: { role: "system", id: chargeConsumer.queue }, idempotencyKey: eventId, causationId: eventId } as const;
    const { totalMinor: amountMinor, currency } = totals;
    if (amountMinor === 0) {
      await bus.execute(recordPayment, { type: "RecordCapture", paymentId, orderId, amountMinor, currency, provider: "none", providerReference: "free" }, envelope);
      return;
    }
    const charge = await provider.charge({ paymentId, orderId, amountMinor, currency, idempotencyKey: `charge:${paymentId}` });
    await bus.execute(recordPayment, charge.kind === "captured"
      ? { type: "RecordCapture", paymentId, orderId, amountMinor: charge.amountMinor, currency: charge.currency, provider: provider.name, providerReference: charge.providerReference }
      : { type: "RecordFailure", paymentId, orderId, code: charge.code }, envelope);
  };
}
