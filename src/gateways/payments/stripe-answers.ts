import { z } from "zod";
import type { PaymentNews, ProviderPayment } from "./payment-port.js";
import { fromStripeAmount } from "./stripe-amount.js";

/** Only what we read of Stripe's objects; all else may change without harm. */
const error = z.object({
  type: z.string(),
  code: z.string().optional(),
  decline_code: z.string().nullish(),
  param: z.string().optional(),
});

export const errorAnswer = z.object({ error });

export type StripeError = z.infer<typeof error>;

const metadata = z.record(z.string(), z.string());

export const intentAnswer = z.object({
  id: z.string(),
  object: z.literal("payment_intent"),
  status: z.string(),
  amount: z.int(),
  amount_received: z.int(),
  currency: z.string(),
  metadata,
  last_payment_error: error.nullish(),
  /** An id, or the charge itself where it was asked for with `expand[]`. */
  latest_charge: z.union([z.string(), z.object({ amount_refunded: z.int() })]).nullish(),
});

export type StripeIntent = z.infer<typeof intentAnswer>;

export const refundAnswer = z.object({
  id: z.string(),
  object: z.literal("refund"),
  status: z.string().nullable(),
  amount: z.int(),
  currency: z.string(),
});

const refundedCharge = z.object({
  object: z.literal("charge"),
  payment_intent: z.string(),
  amount: z.int(),
  amount_refunded: z.int(),
  currency: z.string(),
  metadata,
});

const event = { id: z.string(), created: z.int() };

const eventBody = z.discriminatedUnion("type", [
  z.object({ ...event, type: z.literal("payment_intent.succeeded"), data: z.object({ object: intentAnswer }) }),
  z.object({ ...event, type: z.literal("payment_intent.payment_failed"), data: z.object({ object: intentAnswer }) }),
  z.object({ ...event, type: z.literal("charge.refunded"), data: z.object({ object: refundedCharge }) }),
]);

/** The bank's own reason where it gave one: "insufficient_funds" helps a buyer more than "card_declined". */
export function declineCode(problem: Pick<StripeError, "code" | "decline_code">): string {
  const { code, decline_code: reason } = problem;
  return reason && reason !== "generic_decline" ? reason : code ?? "card_declined";
}

export function toProviderPayment(intent: StripeIntent): ProviderPayment {
  const currency = intent.currency.toUpperCase();
  const charge = typeof intent.latest_charge === "object" ? intent.latest_charge : null;
  return {
    providerReference: intent.id,
    status: statusOf(intent),
    paymentId: intent.metadata["payment_id"] ?? null,
    orderId: intent.metadata["order_id"] ?? null,
    amountMinor: fromStripeAmount(intent.amount, currency),
    currency,
    refundedMinor: fromStripeAmount(charge?.amount_refunded ?? 0, currency),
    code: intent.last_payment_error ? declineCode(intent.last_payment_error) : null,
  };
}

/** Null for types that we do not act on, and for bodies that are no event. */
export function toPaymentNews(body: unknown): PaymentNews | null {
  const parsed = eventBody.safeParse(body);
  if (!parsed.success) return null;
  const { id: eventId, created, type, data } = parsed.data;
  const occurredAt = new Date(created * 1_000).toISOString();
  if (type !== "charge.refunded") {
    const { status: _status, ...payment } = toProviderPayment(data.object);
    return { ...payment, eventId, occurredAt, kind: type === "payment_intent.succeeded" ? "captured" : "failed" };
  }
  const charge = data.object;
  const currency = charge.currency.toUpperCase();
  return {
    eventId, occurredAt, kind: "refunded",
    providerReference: charge.payment_intent,
    paymentId: charge.metadata["payment_id"] ?? null,
    orderId: charge.metadata["order_id"] ?? null,
    amountMinor: fromStripeAmount(charge.amount, currency),
    currency,
    refundedMinor: fromStripeAmount(charge.amount_refunded, currency),
    code: null,
  };
}

function statusOf({ status, last_payment_error: problem }: StripeIntent): ProviderPayment["status"] {
  if (status === "succeeded") return "captured";
  return status === "canceled" || (status === "requires_payment_method" && problem) ? "failed" : "pending";
}
