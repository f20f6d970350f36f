import type { CommandBus } from "../../platform/bus/command-bus.js";
import type { AlertPort } from "../../platform/alerts/alert-port.js";
import type { PaymentNews, PaymentProvider } from "../../gateways/payments/payment-port.js";
import type { WebhookHandler } from "../../platform/webhooks/inbox-worker.js";
import { recordPayment } from "./record-payment.js";

/** What the webhook's job works with. */
export interface PaymentNewsJob {
  readonly bus: CommandBus;
  readonly provider: PaymentProvider;
  readonly alerts: AlertPort;
}

/** The provider's webhooks say the same as its answers, later or sooner: the payment's decider knows what is new. */
export function paymentNewsHandler({ bus, provider, alerts }: PaymentNewsJob): WebhookHandler {
  return {
    async handle({ body, headers, receivedAtMs }, { jobId, correlate }) {
      const news = provider.parseWebhook(body, headers, receivedAtMs);
      if (!news) return;
      const { paymentId, orderId } = news;
      if (paymentId === null || orderId === null) {
        await alerts.raise({
          key: `foreign_payment:${news.providerReference}`, severity: "warning",
          message: `The provider tells of a payment that is not ours: ${news.providerReference}.`,
          details: { kind: news.kind, amountMinor: news.amountMinor, currency: news.currency },
        });
        return;
      }
      correlate(orderId);
      const command = commandOf(news, paymentId, orderId, provider.name);
      if (command) await bus.execute(recordPayment, command, { actor: { role: "system", id: "payments.webhook" }, idempotencyKey: jobId, causationId: jobId });
    },
  };
}

/** Refunds are recorded with the answer to our own call, which names the refund; the webhook only knows their sum. */
function commandOf({ kind, amountMinor, currency, providerReference, code }: PaymentNews, paymentId: string, orderId: string, provider: string) {
  switch (kind) {
    case "captured":
      return { type: "RecordCapture", paymentId, orderId, amountMinor, currency, provider, providerReference } as const;
    case "failed":
      return { type: "RecordFailure", paymentId, orderId, code: code ?? "unknown" } as const;
    case "refunded":
      return null;
  }
}
