import { Stripe } from "stripe";
import { GatewayError } from "../../platform/http-client/gateway-error.js";
import { retryAfterSeconds } from "../../platform/http-client/json-answer.js";

/** What Stripe said is wrong, whether it came as an error or stands on a payment. */
export interface StripeProblem {
  readonly code?: string | null | undefined;
  readonly decline_code?: string | null | undefined;
}

type StripeFailure = InstanceType<typeof Stripe.errors.StripeError>;

/** The bank's own reason where it gave one: "insufficient_funds" helps a buyer more than "card_declined". */
export function declineCode({ code, decline_code: reason }: StripeProblem): string {
  return reason && reason !== "generic_decline" ? reason : code ?? "card_declined";
}

/**
 * What a failed call means. Stripe's own messages stay out of it: they may repeat what was sent.
 * @param call for the message, e.g. `capture of pi_1`
 * @param changes false for a call that only reads: it is never in doubt
 */
export function toGatewayError(thrown: unknown, call: string, changes: boolean): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  if (!(thrown instanceof Stripe.errors.StripeError)) {
    return new GatewayError("unavailable", `${call} met ${thrown instanceof Error ? thrown.name : "what is no error"}`, { inDoubt: changes });
  }
  // Our own client's error, which the package hands on.
  const detail: unknown = thrown.detail;
  if (detail instanceof GatewayError) return detail;
  const { statusCode: status, code } = thrown;
  const message = `Stripe's ${call} answered ${String(status ?? "nothing")}${code === undefined ? "" : ` ${code}`}`;
  const wait = retryAfterSeconds(thrown.headers?.["retry-after"]);
  if (thrown instanceof Stripe.errors.StripeRateLimitError) {
    return new GatewayError("rate_limited", message, { inDoubt: false, retryAfterSeconds: wait, status, code });
  }
  // 409: a call with the same key is still at work, so its outcome is open.
  if (status === undefined || status >= 500 || status === 409) {
    return new GatewayError("unavailable", message, { inDoubt: changes, retryAfterSeconds: wait, status, code });
  }
  return new GatewayError("rejected", message, { inDoubt: false, status, code });
}

/** The error that Stripe answered with that status; null for any other. */
export function stripeErrorOf(thrown: unknown, status: number): StripeFailure | null {
  return thrown instanceof Stripe.errors.StripeError && thrown.statusCode === status ? thrown : null;
}

/** Amounts that Stripe never takes, and tokens that are used up: no repetition helps, and nothing was charged. */
const declines = new Set([
  "amount_too_small", "amount_too_large", "token_already_used", "token_in_use", "expired_payment_method", "payment_intent_incompatible_payment_method",
]);

/** Why an attempt was refused for certain, with nothing charged; null where the failure says something else. */
export function declineOf(thrown: unknown): string | null {
  const card = stripeErrorOf(thrown, 402);
  if (card) return declineCode(card);
  const { code, param } = stripeErrorOf(thrown, 400) ?? {};
  if (code !== undefined && (declines.has(code) || code.startsWith("payment_method_"))) return code;
  // A token that Stripe does not know is the buyer's matter, not ours.
  return param === "payment_method" ? "payment_method_invalid" : null;
}

/** The payment is in a state that forbids the call, e.g. called off at Stripe; null where the failure says something else. */
export function stateRefusal(thrown: unknown): string | null {
  const { code } = stripeErrorOf(thrown, 400) ?? {};
  return code !== undefined && stateRefusals.has(code) ? code : null;
}

const stateRefusals = new Set([
  "payment_intent_unexpected_state", "charge_expired_for_capture", "capture_charge_authorization_expired", "charge_already_captured", "charge_already_refunded",
]);

/** Stripe will not give back that much, or not from this payment; null where the failure says something else. */
export function refundRefusal(thrown: unknown): string | null {
  const state = stateRefusal(thrown);
  if (state !== null) return state;
  const { code, param } = stripeErrorOf(thrown, 400) ?? {};
  if (code !== undefined && refundRefusals.has(code)) return code;
  // Stripe's "greater than unrefunded amount" comes without a code.
  return param === "amount" ? code ?? "amount_too_large" : null;
}

const refundRefusals = new Set(["charge_disputed", "refund_disputed_payment", "charge_not_refundable", "balance_insufficient", "insufficient_funds"]);
