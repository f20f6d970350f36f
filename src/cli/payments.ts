import { holdOrder } from "../commands/orders/follow-order.js";
import { paymentWindow, paymentWindowHandler } from "../commands/orders/payment-deadline.job.js";
import { captureConsumer, captureHandler } from "../commands/payments/capture.job.js";
import { chargeConsumer, chargeHandler } from "../commands/payments/charge.job.js";
import { giveBackConsumer, giveBackHandler } from "../commands/payments/give-back.job.js";
import type { PaymentJobs } from "../commands/payments/payment-desk.process.js";
import { paymentNewsHandler } from "../commands/payments/payment-news.job.js";
import { paymentProviders } from "../commands/payments/payment-providers.js";
import { refundConsumer, refundHandler } from "../commands/payments/refund.job.js";
import { BankTransferPayments, CashOnDeliveryPayments } from "../gateways/payments/manual-payments.js";
import type { PaymentProvider, TellingProvider } from "../gateways/payments/payment-port.js";
import type { AlertPort } from "../platform/alerts/alert-port.js";
import type { Settings } from "../platform/config/config.js";
import { effectQueue } from "../platform/jobs/queue.js";
import type { OutsideOptions } from "../platform/outside/outside.js";
import { inboxWorker } from "../platform/webhooks/inbox-worker.js";
import type { WriteSide } from "./write-side.js";

/** How often payments are looked for whose provider has to be asked; they wait for minutes and days. */
export const janitorEveryMs = 5_000;

const daySeconds = 86_400;
/** The same is not told again within this time. */
const quietMs = 60_000;

/** What payment jobs work with in this process. */
export function paymentJobs(settings: Settings, { bus, pool, alerts }: Pick<WriteSide, "bus" | "pool"> & { readonly alerts: AlertPort }, card: PaymentProvider): PaymentJobs {
  return {
    bus, pool, alerts,
    providers: paymentProviders({
      CARD: card, BANK_TRANSFER: new BankTransferPayments({ waitSeconds: settings.BANK_TRANSFER_DAYS * daySeconds }), CASH_ON_DELIVERY: new CashOnDeliveryPayments(),
    }),
    terms: {
      captureAtOnce: settings.CAPTURE_ON === "order", retrySeconds: settings.PAYMENT_RETRY_SECONDS,
      deadlineSeconds: settings.PAYMENT_DEADLINE_SECONDS, askSeconds: settings.PAYMENT_ASK_SECONDS,
    },
    async holdOrder(orderId, reason, idempotencyKey) {
      await bus.execute(holdOrder, { orderId, reason, overMoney: true }, { actor: { role: "system", id: "payments.hold" }, idempotencyKey });
    },
  };
}

/** Who is told when the provider does not take our key. One alert, however many payments meet it. */
export function paymentAlerts(alerts: AlertPort): Pick<OutsideOptions, "onLockedOut"> {
  let lockedOutAtMs = -Infinity;
  return {
    onLockedOut() {
      if (performance.now() - lockedOutAtMs < quietMs) return;
      lockedOutAtMs = performance.now();
      void alerts.raise({
        key: "neighbour_locks_us_out:payments", severity: "critical",
        message: "The payment provider does not take our key: mend PAYMENT_API_KEY and start the workers again. Orders are taken, their payments wait.",
      });
    },
  };
}

/** The workers of an order's payment. */
export function paymentWorkers(jobs: PaymentJobs, card: TellingProvider) {
  return [
    { kind: "events", queue: effectQueue(chargeConsumer.queue), consumer: chargeConsumer, handle: chargeHandler(jobs) },
    { kind: "events", queue: effectQueue(captureConsumer.queue), consumer: captureConsumer, handle: captureHandler(jobs) },
    { kind: "events", queue: effectQueue(giveBackConsumer.queue), consumer: giveBackConsumer, handle: giveBackHandler(jobs) },
    { kind: "events", queue: effectQueue(refundConsumer.queue), consumer: refundConsumer, handle: refundHandler(jobs) },
    { kind: "events", queue: effectQueue(paymentWindow.queue), consumer: paymentWindow, handle: paymentWindowHandler(jobs.bus, jobs.pool) },
    inboxWorker(card.provider, jobs.pool, paymentNewsHandler(jobs, card)),
  ] as const;
}
