import type { SimulatorAnswer } from "../simulator-server.js";
import type { KeptAnswer, PaymentLedger } from "./payment-ledger.js";
import { newStripeId } from "./payment-ledger.js";
import { declines, type Decline, type IntentRecord, type KeyRecord, type PaymentEvent } from "./payment-records.js";
import { invalidRequest, unknownObject } from "./stripe-errors.js";
import { chargeObject, declinedBody, intentObject, refundObject } from "./stripe-objects.js";

/** An action's answer, and the event where it changed something. */
export interface ActionResult {
  readonly answer: SimulatorAnswer;
  readonly event: PaymentEvent | null;
}

/** Stripe's own limit of an amount. */
const amountMax = 99_999_999;

/** Charges kept in memory; a simulator that is full says so. */
const intentsMax = 1_000_000;

/** Creates and confirms a PaymentIntent. @param forced the decline that a fault ordered */
export function createIntent(ledger: PaymentLedger, form: URLSearchParams, by: KeyRecord | null, forced: Decline | null): ActionResult {
  const amount = Number(form.get("amount"));
  const currency = form.get("currency")?.toLowerCase() ?? "";
  const paymentMethod = form.get("payment_method");
  if (!Number.isInteger(amount) || amount < 1 || amount > amountMax) return refused(invalidRequest("Invalid integer: amount", { code: "parameter_invalid_integer", param: "amount" }));
  if (!/^[a-z]{3}$/.test(currency)) return refused(invalidRequest(`Invalid currency: ${currency}.`, { param: "currency" }));
  if (paymentMethod === null) return refused(invalidRequest("Missing required param: payment_method.", { code: "parameter_missing", param: "payment_method" }));
  if (form.get("confirm") !== "true") return refused(invalidRequest("The simulator knows only confirm=true.", { param: "confirm" }));
  if (ledger.size >= intentsMax) return refused(invalidRequest(`The simulator holds at most ${intentsMax} payments.`));
  const intent: IntentRecord = {
    id: newStripeId("pi"), chargeId: newStripeId("ch"), amount, currency, created: nowSeconds(), paymentMethod,
    metadata: metadataOf(form), decline: declines.get(paymentMethod) ?? forced,
  };
  const event = ledger.keepIntent(intent, by);
  return { answer: answerOf({ hash: "", intent, refund: null }), event };
}

export function createRefund(ledger: PaymentLedger, form: URLSearchParams, by: KeyRecord | null): ActionResult {
  const intentId = form.get("payment_intent"), chargeId = form.get("charge");
  const intent = intentId === null ? ledger.intentOfCharge(chargeId ?? "") : ledger.intent(intentId);
  if (!intent) {
    return refused(intentId === null ? unknownObject("charge", chargeId ?? "", "charge") : unknownObject("payment_intent", intentId, "payment_intent"));
  }
  if (intent.decline) return refused(invalidRequest(`This PaymentIntent (${intent.id}) does not have a successful charge to refund.`, { param: "payment_intent" }));
  const left = intent.amount - ledger.refundedOf(intent.id);
  if (left === 0) return refused(invalidRequest(`Charge ${intent.chargeId} has already been refunded.`, { code: "charge_already_refunded" }));
  const amount = form.has("amount") ? Number(form.get("amount")) : left;
  if (!Number.isInteger(amount) || amount < 1) return refused(invalidRequest("Invalid integer: amount", { code: "parameter_invalid_integer", param: "amount" }));
  if (amount > left) return refused(invalidRequest(`Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`, { param: "amount" }));
  const refund = {
    id: newStripeId("re"), intentId: intent.id, amount, refundedInAll: intent.amount - left + amount,
    reason: form.get("reason"), created: nowSeconds(), metadata: metadataOf(form),
  };
  const event = ledger.keepRefund(refund, intent, by);
  return { answer: answerOf({ hash: "", intent, refund }), event };
}

/** Made from records that never change, so that a repeated key gets the same bytes again. */
export function answerOf({ intent, refund }: KeptAnswer): SimulatorAnswer {
  if (refund) return { status: 200, body: refundObject(refund, intent) };
  if (intent.decline) return { status: 402, body: declinedBody(intent, intent.decline) };
  return { status: 200, body: intentObject(intent) };
}

export function retrieveIntent(ledger: PaymentLedger, id: string, query: URLSearchParams): SimulatorAnswer {
  const intent = ledger.intent(id);
  if (!intent) return unknownObject("payment_intent", id, "intent");
  const expand = [...query].some(([name, value]) => name.startsWith("expand[") && value === "latest_charge");
  return { status: 200, body: intentObject(intent, expand ? chargeObject(intent, ledger.refundedOf(intent.id)) : null) };
}

export function listIntents(ledger: PaymentLedger, query: URLSearchParams): SimulatorAnswer {
  const limit = Number(query.get("limit") ?? "10");
  const after = query.get("starting_after");
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) return invalidRequest("Invalid integer: limit", { code: "parameter_invalid_integer", param: "limit" });
  if (after !== null && !ledger.intent(after)) return unknownObject("payment_intent", after, "starting_after");
  const bound = (name: string, otherwise: number): number => Number(query.get(`created[${name}]`) ?? otherwise);
  const from = Math.max(bound("gte", -Infinity), bound("gt", -Infinity) + 1);
  const to = Math.min(bound("lte", Infinity), bound("lt", Infinity) - 1);
  const found = ledger.page(after, limit, ({ created }) => created >= from && created <= to);
  const data = found.slice(0, limit).map((intent) => intentObject(intent));
  return { status: 200, body: { object: "list", data, has_more: found.length > limit, url: "/v1/payment_intents" } };
}

function refused(answer: SimulatorAnswer): ActionResult {
  return { answer, event: null };
}

function metadataOf(form: URLSearchParams): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const [name, value] of form) {
    const key = /^metadata\[(.{1,40})\]$/.exec(name)?.[1];
    if (key !== undefined) metadata[key] = value;
  }
  return metadata;
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}
