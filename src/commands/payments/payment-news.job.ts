import type { PaymentNews, TellingProvider } from "../../gateways/payments/payment-port.js";
import type { WebhookHandler } from "../../platform/webhooks/inbox-worker.js";
import type { OrderFacts } from "./order-facts.reader.js";
import { PaymentDesk, type Cause, type PaymentJobs } from "./payment-desk.process.js";
import { paymentIdOf } from "./record-payment.js";

const queue = "payments.webhook";

/** News of one of our payments. */
type OwnNews = PaymentNews & { readonly paymentId: string };

/** The provider's webhooks say the same as its answers, later or sooner: the payment's decider knows what is new. */
export function paymentNewsHandler(jobs: PaymentJobs, provider: TellingProvider): WebhookHandler {
  const desk = new PaymentDesk(jobs);
  return {
    async handle({ body, headers, receivedAtMs }, { jobId, correlate }) {
      const told = provider.parseWebhook(body, headers, receivedAtMs);
      if (!told) return;
      const news = told.paymentId === null || told.orderId === null ? await lookedUp(told, provider) : told;
      const { paymentId, orderId } = news;
      const facts = orderId === null ? null : await desk.facts(orderId);
      if (!facts || paymentId === null || paymentId !== paymentIdOf(facts.orderId)) return tellForeign(jobs, news);
      correlate(facts.orderId);
      await apply(desk, { ...news, paymentId }, facts, provider, { queue, id: jobId });
    },
  };
}

/** Some news name only the charge. */
async function lookedUp(news: PaymentNews, provider: TellingProvider): Promise<PaymentNews> {
  const found = await provider.retrieve(news.providerReference);
  return found ? { ...news, paymentId: found.paymentId, orderId: found.orderId, attempt: found.attempt } : news;
}

async function apply(desk: PaymentDesk, news: OwnNews, facts: OrderFacts, { name: provider }: TellingProvider, cause: Cause): Promise<void> {
  const { paymentId, attempt, amountMinor, currency, providerReference } = news;
  const { orderId } = facts;
  const of = { paymentId, orderId };
  const charge = { ...of, attempt, amountMinor, currency, provider, providerReference, newsId: news.eventId, expected: { amountMinor: facts.totalMinor, currency: facts.currency } };
  switch (news.kind) {
    case "authorized":
      await desk.record({ type: "RecordAuthorization", ...charge, ...desk.looksAfter({ name: provider }) }, cause);
      return;
    case "captured":
      await desk.record({ type: "RecordCapture", ...charge, ...(news.feeMinor === undefined ? {} : { feeMinor: news.feeMinor }) }, cause);
      return;
    case "failed":
      await desk.record({ type: "RecordDecline", ...of, attempt, code: news.code, retrySeconds: desk.jobs.terms.retrySeconds }, cause);
      return;
    case "voided":
      return desk.recordVoid(paymentId, orderId, providerReference, "the provider let it go", cause);
    case "refunded": {
      const { refundId, refundReference } = news;
      await desk.record({ type: "RecordRefund", ...of, providerReference, refundId, amountMinor, currency, refundReference, reason: "the provider told of it" }, cause);
      return;
    }
    case "refund_failed":
      return refundFailed(desk, news, of, cause);
    case "disputed": {
      const { disputeReference, reason } = news;
      const { said } = await desk.record({ type: "RecordDispute", ...of, disputeReference, amountMinor, currency, reason }, cause);
      // A dispute is told again when it moves on; whoever has dealt with the alert is not called again.
      if (said.length === 0) return;
      await desk.jobs.alerts.raise({
        key: `dispute:${disputeReference}`, severity: "critical",
        message: "A buyer's bank took a payment back; answer it at the provider before its deadline.", details: { orderId, providerReference, amountMinor, currency, reason },
      });
      return;
    }
    case "inquired": {
      const { disputeReference, reason, isOver } = news;
      const { said } = await desk.record({ type: "RecordInquiry", ...of, disputeReference, amountMinor, currency, reason, isOver }, cause);
      if (isOver || said.length === 0) return;
      await desk.jobs.alerts.raise({
        key: `inquiry:${disputeReference}`, severity: "warning",
        message: "A buyer's bank asks about a payment and has taken nothing yet; answer it at the provider, or refund it, before it becomes a dispute.",
        details: { orderId, providerReference, amountMinor, currency, reason },
      });
      return;
    }
    case "dispute_closed":
      await desk.record({ type: "CloseDispute", ...of, disputeReference: news.disputeReference, outcome: news.outcome, amountMinor, currency }, cause);
  }
}

async function refundFailed(desk: PaymentDesk, news: OwnNews & { readonly kind: "refund_failed" }, of: { readonly paymentId: string; readonly orderId: string }, cause: Cause): Promise<void> {
  const { refundId, refundReference, code, amountMinor, currency } = news;
  await desk.record({ type: "RecordRefundFailure", ...of, refundId, refundReference, code }, cause);
  await desk.jobs.alerts.raise({
    key: `refund_failed:${refundId ?? refundReference}`, severity: "critical",
    message: "A refund came to nothing; pay the buyer back in another way, or try it again with refundPayment.", details: { orderId: of.orderId, refundReference, amountMinor, currency, code },
  });
}

/** Kept in the inbox, and never applied. */
async function tellForeign({ alerts }: PaymentJobs, { kind, providerReference, amountMinor, currency }: PaymentNews): Promise<void> {
  await alerts.raise({
    key: `foreign_payment:${providerReference}`, severity: "warning",
    message: `The provider tells of a payment that is not ours: ${providerReference}.`, details: { kind, amountMinor, currency },
  });
}
