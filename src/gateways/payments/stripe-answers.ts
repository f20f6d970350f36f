import { z } from "zod";
import { GatewayError } from "../../platform/http-client/gateway-error.js";
import type { ProviderPayment } from "./payment-port.js";
import { fromStripeAmount } from "./stripe-amount.js";
import { declineCode } from "./stripe-errors.js";

// The package's types say what Stripe promises and check nothing: what we act on is checked here. All else may change without harm.

const metadata = z.record(z.string(), z.string());

/** An id, or the object itself where it was asked for with `expand`. */
const expandable = <Schema extends z.ZodType>(schema: Schema) => z.union([z.string(), schema]).nullish();

export const refundObject = z.object({
  id: z.string(),
  object: z.literal("refund"),
  status: z.string().nullable(),
  amount: z.int(),
  currency: z.string(),
  metadata: metadata.nullish(),
  payment_intent: expandable(z.object({ id: z.string() })),
  balance_transaction: expandable(z.object({ id: z.string() })),
  failure_reason: z.string().nullish(),
});

export type RefundObject = z.infer<typeof refundObject>;

export const chargeObject = z.object({
  id: z.string(),
  object: z.literal("charge"),
  amount: z.int(),
  amount_captured: z.int(),
  amount_refunded: z.int(),
  currency: z.string(),
  disputed: z.boolean().nullish(),
  payment_intent: expandable(z.object({ id: z.string() })),
  balance_transaction: expandable(z.object({ fee: z.int(), currency: z.string() })),
  refunds: z.object({ data: z.array(refundObject), has_more: z.boolean() }).nullish(),
});

type ChargeObject = z.infer<typeof chargeObject>;

export const intentObject = z.object({
  id: z.string(),
  object: z.literal("payment_intent"),
  status: z.string(),
  amount: z.int(),
  amount_capturable: z.int().nullish(),
  amount_received: z.int(),
  currency: z.string(),
  metadata,
  created: z.int(),
  cancellation_reason: z.string().nullish(),
  last_payment_error: z.object({ code: z.string().nullish(), decline_code: z.string().nullish() }).nullish(),
  latest_charge: expandable(chargeObject),
});

export type IntentObject = z.infer<typeof intentObject>;

export const intentPage = z.object({ data: z.array(intentObject), has_more: z.boolean() });

/** @throws GatewayError where the answer is not what Stripe promises: what was done is then in doubt */
export function checked<Schema extends z.ZodType>(schema: Schema, answer: unknown, call: string): z.infer<Schema> {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join(".") ?? "";
  throw new GatewayError("unavailable", `Stripe's ${call} was answered with something else than agreed, at ${where}`, { inDoubt: true, status: 200 });
}

export function toProviderPayment(intent: IntentObject): ProviderPayment {
  const currency = intent.currency.toUpperCase();
  const charge = chargeOf(intent);
  return {
    providerReference: intent.id,
    status: statusOf(intent),
    ...ours(intent.metadata),
    amountMinor: fromStripeAmount(intent.amount, currency),
    capturedMinor: fromStripeAmount(intent.amount_received, currency),
    currency,
    refundedMinor: fromStripeAmount(charge ? refundedOf(charge) : 0, currency),
    feeMinor: feeOf(intent),
    disputed: charge?.disputed ?? false,
    code: codeOf(intent),
    createdAt: toInstant(intent.created),
  };
}

/** Which of our payments and attempts it is; null where it was not made by us. */
export function ours(metadata: Readonly<Record<string, string>>): Pick<ProviderPayment, "paymentId" | "orderId" | "attempt"> {
  const attempt = Number(metadata["attempt"]);
  return {
    paymentId: metadata["payment_id"] ?? null,
    orderId: metadata["order_id"] ?? null,
    attempt: Number.isSafeInteger(attempt) && attempt > 0 ? attempt : 1,
  };
}

/** What Stripe keeps; null where it has not said, or keeps it in another currency than the buyer paid in. */
export function feeOf(intent: IntentObject): number | null {
  const booked = chargeOf(intent)?.balance_transaction;
  if (!booked || typeof booked === "string" || booked.currency !== intent.currency) return null;
  return fromStripeAmount(booked.fee, booked.currency);
}

/** The id of what may be an id or the object itself. */
export function idOf(reference: string | { readonly id: string } | null | undefined): string | null {
  return typeof reference === "string" ? reference : reference?.id ?? null;
}

/** RFC 3339 from seconds since 1970. */
export function toInstant(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}

function statusOf({ status, last_payment_error: problem }: IntentObject): ProviderPayment["status"] {
  switch (status) {
    case "succeeded": return "captured";
    case "requires_capture": return "authorized";
    case "canceled": return "voided";
    default: return status === "requires_payment_method" && problem ? "failed" : "pending";
  }
}

function codeOf({ status, last_payment_error: problem, cancellation_reason: reason }: IntentObject): string | null {
  if (status === "canceled") return reason ?? "canceled";
  return status === "requires_payment_method" && problem ? declineCode(problem) : null;
}

function chargeOf({ latest_charge: charge }: IntentObject): ChargeObject | null {
  return typeof charge === "object" ? charge : null;
}

/**
 * What went back to the buyer. Where less was captured than authorized, Stripe may count what it let go as refunded:
 * then only refunds that moved money count.
 */
function refundedOf({ amount, amount_captured: captured, amount_refunded: refunded, refunds }: ChargeObject): number {
  if (captured === amount) return refunded;
  if (captured === 0) return 0;
  if (!refunds || refunds.has_more) return Math.min(refunded, captured);
  return refunds.data.filter(movesMoney).reduce((sum, refund) => sum + refund.amount, 0);
}

/** False for a refund that only lets go of what was authorized: ours carries its id, any other stands in Stripe's books. */
export function movesMoney({ status, metadata, balance_transaction: booked }: RefundObject): boolean {
  return status !== "failed" && status !== "canceled" && (metadata?.["refund_id"] !== undefined || idOf(booked) !== null);
}
