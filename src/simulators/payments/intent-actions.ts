import type { Kept, MadeAnswer } from "./kept-answers.js";
import { newStripeId, type PaymentLedger } from "./payment-ledger.js";
import type { Attempt, Decline, KeyRecord, PaymentEvent, PaymentRecord, PaymentTerms } from "./payment-records.js";
import { invalid, refusal, unknownObject, type StripeProblem } from "./stripe-errors.js";
import type { StripeForm } from "./stripe-form.js";
import { intentObject } from "./stripe-objects.js";
import { authenticationRequired, disputes, verdictOf } from "./test-cards.js";

export interface Action {
  readonly ledger: PaymentLedger;
  readonly form: StripeForm;
  readonly by: KeyRecord | null;
  /** Seconds since 1970. */
  readonly at: number;
  /** What the provider keeps of an amount. */
  readonly fee: (amount: number) => number;
  /** The decline that a fault ordered. */
  readonly forced: Decline | null;
}

export interface Done {
  readonly made: MadeAnswer;
  readonly events: readonly PaymentEvent[];
}

/** Payments kept in memory; a simulator that is full says so. */
const paymentsMax = 1_000_000;

/** Stripe counts these in hundredths or thousandths and takes only such that banks can move (docs.stripe.com/currencies). */
const steps: ReadonlyMap<string, number> = new Map([
  ["isk", 100], ["ugx", 100], ["bhd", 10], ["jod", 10], ["kwd", 10], ["omr", 10], ["tnd", 10],
]);

const createParameters = new Set([
  "amount", "currency", "confirm", "payment_method", "payment_method_types", "allowed_payment_method_types", "automatic_payment_methods",
  "capture_method", "confirmation_method", "metadata", "error_on_requires_action", "off_session", "return_url",
  "description", "receipt_email", "statement_descriptor_suffix", "expand",
]);
const confirmParameters = new Set([
  "payment_method", "payment_method_types", "allowed_payment_method_types", "error_on_requires_action", "off_session", "return_url", "receipt_email", "expand",
]);
const captureParameters = new Set(["amount_to_capture", "metadata", "statement_descriptor_suffix", "expand"]);
const cancelParameters = new Set(["cancellation_reason", "expand"]);

const cancellationReasons = ["duplicate", "fraudulent", "requested_by_customer", "abandoned"] as const;

/** Creates a PaymentIntent, and confirms it where that is asked. @throws StripeProblem */
export function createIntent(action: Action): Done {
  const { ledger, form, by, at } = action;
  form.expectOnly(createParameters);
  const confirm = form.flag("confirm");
  const terms = termsOf(action, confirm);
  const paymentMethod = form.get("payment_method");
  if (paymentMethod !== null) expectPaymentMethod(paymentMethod);
  if (confirm && paymentMethod === null) throw noPaymentMethod();
  if (ledger.size >= paymentsMax) throw invalid(`The simulator holds at most ${paymentsMax} payments.`, "amount");
  const attempt = confirm && paymentMethod !== null ? attemptOf(action, terms, paymentMethod) : null;
  return withDispute(action, ledger.keep({ t: "created", terms, paymentMethod, attempt }, by, at));
}

export function confirmIntent(action: Action, id: string): Done {
  const { ledger, form, by, at } = action;
  form.expectOnly(confirmParameters);
  const payment = knownIntent(ledger, id);
  expectStatus(payment, "confirmed", ["requires_payment_method", "requires_confirmation", "requires_action"]);
  const paymentMethod = form.get("payment_method") ?? payment.paymentMethod;
  if (paymentMethod === null) throw noPaymentMethod();
  expectPaymentMethod(paymentMethod);
  return withDispute(action, ledger.keep({ t: "attempted", id, attempt: attemptOf(action, payment.terms, paymentMethod) }, by, at));
}

/** Takes what was held, or part of it; the rest is let go. @throws StripeProblem */
export function captureIntent(action: Action, id: string): Done {
  const { ledger, form, by, at } = action;
  form.expectOnly(captureParameters);
  const payment = knownIntent(ledger, id);
  const amount = form.has("amount_to_capture") ? form.amount("amount_to_capture") : payment.terms.amount;
  expectStatus(payment, "captured", ["requires_capture"]);
  if (amount > payment.terms.amount) {
    const message = `The amount_to_capture (${amount}) is greater than the remaining capturable amount (${payment.terms.amount}).`;
    throw refusal(message, { code: "amount_too_large", param: "amount_to_capture" });
  }
  return withDispute(action, ledger.keep({ t: "captured", id, amount, fee: action.fee(amount) }, by, at));
}

export function cancelIntent({ ledger, form, by, at }: Action, id: string): Done {
  form.expectOnly(cancelParameters);
  const reason = form.oneOf("cancellation_reason", cancellationReasons);
  expectStatus(knownIntent(ledger, id), "canceled", ["requires_payment_method", "requires_confirmation", "requires_action", "requires_capture"]);
  return ledger.keep({ t: "canceled", id, reason }, by, at);
}

/** @throws StripeProblem, 404 */
export function knownIntent(ledger: PaymentLedger, id: string): PaymentRecord {
  const payment = id.startsWith("pi_") ? ledger.payment(id) : undefined;
  if (!payment) throw unknownObject("payment_intent", id, "intent", false);
  return payment;
}

function termsOf({ form, at }: Action, confirm: boolean): PaymentTerms {
  const currency = form.get("currency")?.toLowerCase() ?? "";
  if (!/^[a-z]{3}$/.test(currency)) throw invalid(`Invalid currency: ${currency}.`, "currency");
  const amount = form.amount("amount");
  const step = steps.get(currency) ?? 1;
  if (amount % step !== 0) throw invalid(`Invalid amount: ${currency} is charged in steps of ${step}.`, "amount", "parameter_invalid_integer");
  if (!confirm && form.has("error_on_requires_action")) {
    throw invalid("error_on_requires_action can only be used with confirm=true.", "error_on_requires_action");
  }
  return {
    id: newStripeId("pi"), amount, currency, created: at, captureMethod: form.oneOf("capture_method", ["automatic", "manual"]) ?? "automatic",
    automaticMethods: choosesMethods(form, confirm), metadata: form.metadata(),
  };
}

/** True where the provider offers whatever the account has switched on; some of that needs the buyer's browser. */
function choosesMethods(form: StripeForm, confirm: boolean): boolean {
  // The second is its name since the API's version of October 2026.
  const listed = form.hasList("payment_method_types") || form.hasList("allowed_payment_method_types");
  if (listed && form.has("automatic_payment_methods[enabled]")) {
    throw invalid("You may only specify one of these parameters: automatic_payment_methods, payment_method_types.", "payment_method_types");
  }
  if (confirm && !listed && form.get("automatic_payment_methods[allow_redirects]") !== "never" && !form.has("return_url")) {
    const ways = "provide a return_url, set automatic_payment_methods[allow_redirects] to never, or list payment_method_types";
    throw invalid(`Some payment methods might redirect your customer: ${ways}.`, "return_url");
  }
  return !listed;
}

function noPaymentMethod(): StripeProblem {
  return invalid("You cannot confirm this PaymentIntent because it's missing a payment method.", "payment_method", "parameter_missing");
}

/** Never repeats what it was given: it may be a card's number. */
function expectPaymentMethod(paymentMethod: string): void {
  if (verdictOf(paymentMethod) !== null) return;
  throw invalid("No such PaymentMethod: it must be the id of one, such as pm_card_visa.", "payment_method", "resource_missing");
}

function attemptOf({ form, fee, forced }: Action, { amount }: PaymentTerms, paymentMethod: string): Attempt {
  const verdict = forced ?? verdictOf(paymentMethod);
  const action = verdict === "action" && !form.flag("error_on_requires_action") && !form.flag("off_session");
  const decline = verdict === "action" && !action ? authenticationRequired : typeof verdict === "object" ? verdict : null;
  return { chargeId: newStripeId("ch"), paymentMethod, decline, action, fee: fee(amount) };
}

function expectStatus(payment: PaymentRecord, done: string, possible: readonly string[]): void {
  if (possible.includes(payment.status)) return;
  const rule = `Only a PaymentIntent with one of the following statuses may be ${done}: ${possible.join(", ")}.`;
  throw refusal(
    `This PaymentIntent could not be ${done} because it has a status of ${payment.status}. ${rule}`,
    { code: "payment_intent_unexpected_state", payment_intent: intentObject(payment) },
  );
}

function withDispute({ ledger, at }: Action, kept: Kept): Done {
  const { payment } = kept;
  if (payment.captured === 0 || !disputes(payment.paymentMethod)) return kept;
  const dispute = { id: newStripeId("dp"), amount: payment.captured, reason: "fraudulent", created: at, status: "needs_response" } as const;
  const { events } = ledger.keep({ t: "disputed", id: payment.terms.id, dispute }, null, at);
  return { made: kept.made, events: [...kept.events, ...events] };
}
