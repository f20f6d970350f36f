import { GatewayError } from "../../platform/http-client/gateway-error.js";
import type { AuthorizeResult, CaptureResult, RefundResult } from "./payment-port.js";
import { fromStripeAmount } from "./stripe-amount.js";
import { feeOf, type IntentObject, type RefundObject } from "./stripe-answers.js";

/** @throws GatewayError, in doubt, where the attempt is neither through nor refused */
export function toAuthorized(intent: IntentObject): AuthorizeResult {
  if (intent.status === "succeeded") return { ...toCaptured(intent), providerReference: intent.id };
  if (intent.status !== "requires_capture") throw unsettled(intent);
  const currency = intent.currency.toUpperCase();
  const amountMinor = fromStripeAmount(intent.amount_capturable ?? intent.amount, currency);
  return { kind: "authorized", providerReference: intent.id, amountMinor, currency };
}

export function toCaptured(intent: IntentObject): Extract<CaptureResult, { readonly kind: "captured" }> {
  const currency = intent.currency.toUpperCase();
  const feeMinor = feeOf(intent);
  return { kind: "captured", amountMinor: fromStripeAmount(intent.amount_received, currency), currency, ...(feeMinor === null ? {} : { feeMinor }) };
}

/** One that is pending is on its way: should it fail, a webhook says so. */
export function toRefunded({ id, status, amount, currency: lower, failure_reason: reason }: RefundObject): RefundResult {
  if (status === "failed" || status === "canceled") return { kind: "refused", code: reason ?? `refund_${status}` };
  const currency = lower.toUpperCase();
  return { kind: "refunded", refundReference: id, amountMinor: fromStripeAmount(amount, currency), currency };
}

/** Stripe answered, and what became of it is open, e.g. `processing`. */
export function unsettled({ id, status }: IntentObject): GatewayError {
  return new GatewayError("unavailable", `Stripe left ${id} as ${status}`, { inDoubt: true, status: 200, code: status });
}
