import { z } from "zod";
import { parseJson } from "../../platform/http-client/json-answer.js";
import type { PaymentNews } from "./payment-port.js";
import { fromStripeAmount } from "./stripe-amount.js";
import {
  chargeObject, feeOf, idOf, intentObject, movesMoney, ours, refundObject, toInstant, toProviderPayment, type IntentObject, type RefundObject,
} from "./stripe-answers.js";

const event = { id: z.string(), created: z.int() };

const ofIntent = z.object({
  ...event,
  type: z.enum(["payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.amount_capturable_updated", "payment_intent.canceled"]),
  data: z.object({ object: intentObject }),
});

/** `charge.refund.updated` is what accounts with an older API version get instead. */
const ofRefund = z.object({
  ...event, type: z.enum(["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"]), data: z.object({ object: refundObject }),
});

const ofCharge = z.object({ ...event, type: z.literal("charge.refunded"), data: z.object({ object: chargeObject }) });

const disputeObject = z.object({
  id: z.string(),
  object: z.literal("dispute"),
  status: z.string(),
  reason: z.string(),
  amount: z.int(),
  currency: z.string(),
  payment_intent: z.union([z.string(), z.object({ id: z.string() })]).nullish(),
});

const ofDispute = z.object({
  ...event,
  type: z.enum(["charge.dispute.created", "charge.dispute.updated", "charge.dispute.funds_withdrawn", "charge.dispute.closed"]),
  data: z.object({ object: disputeObject }),
});

const eventBody = z.discriminatedUnion("type", [ofIntent, ofRefund, ofCharge, ofDispute]);

type Told = Pick<PaymentNews, "eventId" | "occurredAt">;

/**
 * Null for types that we do not act on, and for bodies that are no event. A refund is told by its own events, which name it;
 * `charge.refunded` only knows their sum, so it says something only where it carries the refunds: then its newest.
 */
export function toPaymentNews(rawBody: string): PaymentNews | null {
  const parsed = eventBody.safeParse(parseJson(rawBody));
  if (!parsed.success) return null;
  const { data } = parsed;
  const told: Told = { eventId: data.id, occurredAt: toInstant(data.created) };
  switch (data.type) {
    case "charge.refunded": {
      const { refunds, payment_intent: intent } = data.data.object;
      const newest = refunds?.data[0];
      return newest ? newsOfRefund({ ...newest, payment_intent: newest.payment_intent ?? intent }, told) : null;
    }
    case "charge.dispute.created":
    case "charge.dispute.updated":
    case "charge.dispute.funds_withdrawn":
    case "charge.dispute.closed":
      return newsOfDispute(data.type, data.data.object, told);
    case "refund.created":
    case "refund.updated":
    case "refund.failed":
    case "charge.refund.updated":
      return newsOfRefund(data.data.object, told);
    default:
      return newsOfIntent(data.type, data.data.object, told);
  }
}

function newsOfIntent(type: z.infer<typeof ofIntent>["type"], intent: IntentObject, told: Told): PaymentNews | null {
  const { paymentId, orderId, attempt, currency, amountMinor, capturedMinor, code } = toProviderPayment(intent);
  const news = { ...told, providerReference: intent.id, paymentId, orderId, attempt, amountMinor, currency };
  switch (type) {
    case "payment_intent.succeeded": {
      const feeMinor = feeOf(intent);
      return { ...news, kind: "captured", amountMinor: capturedMinor, ...(feeMinor === null ? {} : { feeMinor }) };
    }
    case "payment_intent.payment_failed":
      return { ...news, kind: "failed", code: code ?? "card_declined" };
    case "payment_intent.amount_capturable_updated":
      // It is told of a capture too, when nothing is left to take.
      if (intent.status !== "requires_capture") return null;
      return { ...news, kind: "authorized", amountMinor: fromStripeAmount(intent.amount_capturable ?? intent.amount, currency) };
    case "payment_intent.canceled":
      return { ...news, kind: "voided" };
  }
}

function newsOfRefund(refund: RefundObject, told: Told): PaymentNews | null {
  const providerReference = idOf(refund.payment_intent);
  // Not of a payment that was made as ours are.
  if (providerReference === null) return null;
  const metadata = refund.metadata ?? {};
  const currency = refund.currency.toUpperCase();
  const news = {
    ...told, providerReference, ...ours(metadata), amountMinor: fromStripeAmount(refund.amount, currency), currency,
    refundReference: refund.id, refundId: metadata["refund_id"] ?? null,
  };
  if (refund.status === "failed" || refund.status === "canceled") {
    return { ...news, kind: "refund_failed", code: refund.failure_reason ?? `refund_${refund.status}` };
  }
  return movesMoney(refund) ? { ...news, kind: "refunded" } : null;
}

/** A dispute carries none of our ids: its payment is found by the provider's reference. */
function newsOfDispute(type: z.infer<typeof ofDispute>["type"], dispute: z.infer<typeof disputeObject>, told: Told): PaymentNews | null {
  const providerReference = idOf(dispute.payment_intent);
  if (providerReference === null) return null;
  const currency = dispute.currency.toUpperCase();
  const news = {
    ...told, providerReference, ...ours({}), amountMinor: fromStripeAmount(dispute.amount, currency), currency, disputeReference: dispute.id,
  };
  const { status, reason } = dispute;
  // An inquiry has moved no money. Should the bank go on, the same dispute has another status, and no `created` tells so.
  if (inquiries.has(status)) return { ...news, kind: "inquired", reason, isOver: status === "warning_closed" };
  switch (type) {
    case "charge.dispute.created":
    case "charge.dispute.funds_withdrawn":
      return { ...news, kind: "disputed", reason };
    case "charge.dispute.updated":
      return contested.has(status) ? { ...news, kind: "disputed", reason } : null;
    case "charge.dispute.closed":
      return { ...news, kind: "dispute_closed", outcome: status === "lost" ? "lost" : "won" };
  }
}

/** Statuses in which the bank only asks (docs.stripe.com/disputes/how-disputes-work, "inquiries"). */
const inquiries: ReadonlySet<string> = new Set(["warning_needs_response", "warning_under_review", "warning_closed"]);

/** The money is with the bank, and nothing is decided. */
const contested: ReadonlySet<string> = new Set(["needs_response", "under_review"]);
