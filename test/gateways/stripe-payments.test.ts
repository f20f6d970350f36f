import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { AuthorizeRequest, AuthorizeResult, ProviderPayment, RefundRequest } from "../../src/gateways/payments/payment-port.js";
import { StripePayments, type StripeSettings } from "../../src/gateways/payments/stripe-payments.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { startPaymentSimulator, type PaymentSimulator } from "../../src/simulators/payments/payment-simulator.js";
import { startWebhookReceiver, type WebhookReceiver } from "../simulators/webhook-receiver.js";

const apiKey = "sk_test_1";
const webhookSecret = "whsec_test";
const request: AuthorizeRequest = {
  paymentId: "pay-1", orderId: "order-1", attempt: 2, amountMinor: 1_999, currency: "EUR", token: "pm_card_visa", capture: true, idempotencyKey: "charge:pay-1:2",
};

let receiver: WebhookReceiver;
let simulator: PaymentSimulator;
let nowMs: number;
const providers: StripePayments[] = [];

function provider(settings: Partial<StripeSettings> = {}): StripePayments {
  const made = new StripePayments({ baseUrl: simulator.url, apiKey, webhookSecrets: [webhookSecret], timeoutMs: 5_000, ...settings });
  providers.push(made);
  return made;
}

beforeEach(async () => {
  nowMs = Date.parse("2026-03-01T12:00:00Z");
  receiver = await startWebhookReceiver();
  simulator = await startPaymentSimulator({ apiKey, webhookSecret, logger: createLogger("silent"), webhookUrl: receiver.url, nowMs: () => nowMs });
});
afterEach(async () => {
  for (const made of providers.splice(0)) made.close();
  await simulator.stop();
  await receiver.stop();
});

function referenceOf(result: AuthorizeResult): string {
  if (result.kind === "declined") throw new Error(`declined: ${result.code}`);
  return result.providerReference;
}

const refundOf = (providerReference: string, changes: Partial<RefundRequest> = {}): RefundRequest => ({
  providerReference, refundId: "refund-1", paymentId: "pay-1", orderId: "order-1", amountMinor: 500, currency: "EUR", idempotencyKey: "refund:refund-1", reason: "one was broken", ...changes,
});

describe("an attempt at Stripe", () => {
  it("that takes the money says what it cost, and is found by its reference, by our id and by its time", async () => {
    const stripe = provider();
    const result = await stripe.authorize(request);
    expect(result).toEqual({ kind: "captured", providerReference: expect.stringMatching(/^pi_/), amountMinor: 1_999, currency: "EUR", feeMinor: 53 });
    const payment: ProviderPayment = {
      providerReference: referenceOf(result), status: "captured", paymentId: "pay-1", orderId: "order-1", attempt: 2, amountMinor: 1_999, capturedMinor: 1_999,
      currency: "EUR", refundedMinor: 0, feeMinor: 53, disputed: false, code: null, createdAt: "2026-03-01T12:00:00.000Z",
    };
    expect(await stripe.retrieve(payment.providerReference)).toEqual(payment);
    expect(await stripe.find("pay-1")).toEqual([payment]);
    expect(await stripe.find("pay-'1\\")).toEqual([]);
    const on = (from: string, to: string) => stripe.list({ from: `2026-03-01T${from}Z`, to: `2026-03-01T${to}Z`, cursor: null });
    expect(await on("12:00:00", "12:00:01")).toEqual({ payments: [payment], cursor: null });
    expect((await on("11:00:00", "12:00:00")).payments).toEqual([]);
    expect((await on("12:00:00.001", "13:00:00")).payments).toEqual([]);
    expect(await stripe.retrieve("pi_unknown")).toBeNull();
  });
  it("that sets the money aside is captured later, less what was called off", async () => {
    const stripe = provider();
    const result = await stripe.authorize({ ...request, capture: false });
    expect(result).toEqual({ kind: "authorized", providerReference: expect.stringMatching(/^pi_/), amountMinor: 1_999, currency: "EUR" });
    const providerReference = referenceOf(result);
    expect(await stripe.retrieve(providerReference)).toMatchObject({ status: "authorized", amountMinor: 1_999, capturedMinor: 0, refundedMinor: 0, feeMinor: null });
    const capture = { providerReference, amountMinor: 1_500, currency: "EUR", idempotencyKey: "capture:pay-1:2" };
    expect(await stripe.capture(capture)).toEqual({ kind: "captured", amountMinor: 1_500, currency: "EUR", feeMinor: 46 });
    // What Stripe let go is no refund; what is given back of the rest is.
    expect(await stripe.retrieve(providerReference)).toMatchObject({ status: "captured", amountMinor: 1_999, capturedMinor: 1_500, refundedMinor: 0 });
    await stripe.refund(refundOf(providerReference, { amountMinor: 200 }));
    expect(await stripe.retrieve(providerReference)).toMatchObject({ capturedMinor: 1_500, refundedMinor: 200 });
    // Asked again with another key, e.g. after Stripe forgot the first.
    expect(await stripe.capture({ ...capture, idempotencyKey: "other" })).toMatchObject({ kind: "captured", amountMinor: 1_500 });
    expect(simulator.ledger().chargedMinor).toEqual({ EUR: 1_500 });
  });
  it("is let go, once and twice, but not when the money was taken", async () => {
    const stripe = provider();
    const held = referenceOf(await stripe.authorize({ ...request, capture: false }));
    expect(await stripe.void({ providerReference: held, idempotencyKey: "void:1" })).toEqual({ kind: "voided" });
    expect(await stripe.void({ providerReference: held, idempotencyKey: "void:2" })).toEqual({ kind: "voided" });
    expect(await stripe.retrieve(held)).toMatchObject({ status: "voided", capturedMinor: 0, refundedMinor: 0 });
    expect(await stripe.capture({ providerReference: held, amountMinor: 1, currency: "EUR", idempotencyKey: "c" })).toEqual({ kind: "refused", code: "payment_intent_unexpected_state" });
    const taken = referenceOf(await stripe.authorize({ ...request, idempotencyKey: "charge:pay-1:3" }));
    expect(await stripe.void({ providerReference: taken, idempotencyKey: "void:3" })).toEqual({ kind: "captured", amountMinor: 1_999, currency: "EUR" });
  });
  it("that the bank has let go can no longer be captured, and says why", async () => {
    const stripe = provider();
    const providerReference = referenceOf(await stripe.authorize({ ...request, capture: false }));
    simulator.controls.expire(providerReference);
    expect(await stripe.capture({ providerReference, amountMinor: 1_999, currency: "EUR", idempotencyKey: "c" })).toEqual({ kind: "refused", code: "automatic" });
  });
  it.each([
    ["pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"],
    ["pm_card_chargeDeclined", "card_declined"],
    ["pm_card_chargeDeclinedExpiredCard", "expired_card"],
    ["pm_card_authenticationRequired", "authentication_required"],
    ["4242424242424242", "payment_method_invalid"],
  ])("with %s is declined, the same at every repetition", async (token, code) => {
    const stripe = provider();
    expect(await stripe.authorize({ ...request, token })).toEqual({ kind: "declined", code });
    expect(await stripe.authorize({ ...request, token })).toEqual({ kind: "declined", code });
    expect(simulator.ledger()).toMatchObject({ charges: 0, cashMinor: {} });
  });
  it("without a token takes the provider's default, or is declined without a call", async () => {
    expect(await provider({ paymentMethodDefault: "pm_card_visa" }).authorize({ ...request, token: null })).toMatchObject({ kind: "captured" });
    const calls = simulator.calls();
    expect(await provider().authorize({ ...request, token: null })).toEqual({ kind: "declined", code: "payment_method_missing" });
    expect(simulator.calls()).toEqual(calls);
  });
  it("counts the currencies that Stripe counts in its own way, and does not round another", async () => {
    const stripe = provider();
    expect(await stripe.authorize({ ...request, amountMinor: 500, currency: "ISK" })).toMatchObject({ amountMinor: 500, currency: "ISK" });
    expect(await stripe.authorize({ ...request, amountMinor: 700, currency: "JPY", idempotencyKey: "jpy" })).toMatchObject({ amountMinor: 700 });
    expect(await stripe.authorize({ ...request, amountMinor: 1_230, currency: "KWD", idempotencyKey: "kwd" })).toMatchObject({ amountMinor: 1_230 });
    expect(simulator.ledger().chargedMinor).toEqual({ ISK: 50_000, JPY: 700, KWD: 1_230 });
    expect(await stripe.authorize({ ...request, amountMinor: 1_234, currency: "KWD", idempotencyKey: "kwd2" })).toEqual({ kind: "declined", code: "amount_not_chargeable" });
  });
});

describe("a refund at Stripe", () => {
  it("is made once for one key, carries our ids, and never passes what was taken", async () => {
    const stripe = provider();
    const providerReference = referenceOf(await stripe.authorize(request));
    const first = await stripe.refund(refundOf(providerReference));
    expect(first).toEqual({ kind: "refunded", refundReference: expect.stringMatching(/^re_/), amountMinor: 500, currency: "EUR" });
    expect(await stripe.refund(refundOf(providerReference))).toEqual(first);
    expect(await stripe.retrieve(providerReference)).toMatchObject({ refundedMinor: 500 });
    const too = refundOf(providerReference, { amountMinor: 1_500, refundId: "refund-2", idempotencyKey: "refund:refund-2" });
    expect(await stripe.refund(too)).toEqual({ kind: "refused", code: "amount_too_large" });
    await stripe.refund({ ...too, amountMinor: 1_499, idempotencyKey: "3" });
    expect(await stripe.refund({ ...too, amountMinor: 1, idempotencyKey: "4" })).toEqual({ kind: "refused", code: "charge_already_refunded" });
    expect(simulator.ledger().refundedMinor).toEqual({ EUR: 1_999 });
  });
  it("of a part that Stripe cannot pay to the unit is refused, and nothing is asked of it", async () => {
    const stripe = provider();
    const providerReference = referenceOf(await stripe.authorize({ ...request, amountMinor: 1_230, currency: "KWD" }));
    expect(await stripe.refund(refundOf(providerReference, { amountMinor: 405, currency: "KWD" }))).toEqual({ kind: "refused", code: "amount_not_refundable" });
    expect(simulator.ledger().refundedMinor).toEqual({});
    expect((await stripe.refund(refundOf(providerReference, { amountMinor: 400, currency: "KWD" }))).kind).toBe("refunded");
  });
  it("of a disputed payment is refused", async () => {
    const stripe = provider();
    const providerReference = referenceOf(await stripe.authorize(request));
    simulator.controls.openDispute(providerReference);
    expect(await stripe.refund(refundOf(providerReference))).toEqual({ kind: "refused", code: "charge_disputed" });
    expect(await stripe.retrieve(providerReference)).toMatchObject({ disputed: true });
  });
});

describe("Stripe's list", () => {
  it("comes in pages that follow each other", async () => {
    const stripe = provider();
    for (let each = 1; each <= 105; each += 1) await stripe.authorize({ ...request, amountMinor: each, idempotencyKey: `charge:${String(each)}` });
    const span = { from: "2026-03-01T00:00:00Z", to: "2026-03-02T00:00:00Z" };
    const first = await stripe.list({ ...span, cursor: null });
    expect(first.payments).toHaveLength(100);
    const second = await stripe.list({ ...span, cursor: first.cursor });
    expect(second).toMatchObject({ cursor: null, payments: { length: 5 } });
    expect([...first.payments, ...second.payments].map(({ amountMinor }) => amountMinor)).toEqual(Array.from({ length: 105 }, (_, place) => 105 - place));
  });
});

describe("Stripe's webhooks", () => {
  /** What the webhooks say that come while `act` is done, in the order of their events. */
  async function told(act: (stripe: StripePayments) => Promise<unknown>, types: readonly string[]): Promise<unknown[]> {
    const stripe = provider();
    const before = receiver.received.length;
    await act(stripe);
    await receiver.until(types.join(", "), ({ length }) => length >= before + types.length);
    const events = receiver.received.slice(before).map(({ body, headers }) => {
      expect(stripe.verify(body, headers, Date.now())).toEqual({ eventId: (JSON.parse(body) as { id: string }).id });
      expect(stripe.verify(body.replace('"livemode":false', '"livemode":true'), headers, Date.now())).toBeNull();
      return { type: (JSON.parse(body) as { type: string }).type, news: stripe.parseWebhook(body) };
    });
    expect(events.map(({ type }) => type).sort()).toEqual([...types].sort());
    return types.map((type) => events.find((event) => event.type === type)?.news);
  }
  const of = { providerReference: expect.stringMatching(/^pi_/), eventId: expect.stringMatching(/^evt_/), occurredAt: "2026-03-01T12:00:00.000Z", currency: "EUR" };
  const ours = { ...of, paymentId: "pay-1", orderId: "order-1", attempt: 2 };

  it("tell of a charge and of one that failed", async () => {
    expect(await told((stripe) => stripe.authorize(request), ["payment_intent.succeeded"])).toEqual([{ ...ours, kind: "captured", amountMinor: 1_999 }]);
    expect(await told((stripe) => stripe.authorize({ ...request, token: "pm_card_chargeDeclinedInsufficientFunds", idempotencyKey: "2" }), ["payment_intent.payment_failed"]))
      .toEqual([{ ...ours, kind: "failed", amountMinor: 1_999, code: "insufficient_funds" }]);
  });
  it("tell of money set aside and let go", async () => {
    const act = async (stripe: StripePayments): Promise<void> => {
      const providerReference = referenceOf(await stripe.authorize({ ...request, capture: false }));
      await stripe.void({ providerReference, idempotencyKey: "void" });
    };
    const [authorized, voided] = await told(act, ["payment_intent.amount_capturable_updated", "payment_intent.canceled", "charge.refunded"]);
    expect(authorized).toEqual({ ...ours, kind: "authorized", amountMinor: 1_999 });
    expect(voided).toEqual({ ...ours, kind: "voided", amountMinor: 1_999 });
  });
  it("tell of a refund by its own id, once of each of its events with the same reference", async () => {
    const news = await told(async (stripe) => stripe.refund(refundOf(referenceOf(await stripe.authorize(request)))), ["payment_intent.succeeded", "refund.created", "charge.refunded"]);
    const refunded = { ...ours, attempt: 1, kind: "refunded", amountMinor: 500, refundReference: expect.stringMatching(/^re_/), refundId: "refund-1" };
    expect(news.slice(1)).toEqual([refunded, refunded]);
    expect(new Set(news.slice(1).map((each) => (each as { refundReference: string }).refundReference)).size).toBe(1);
  });
  it("tell of a dispute by the provider's reference alone, and how it ended", async () => {
    const act = async (stripe: StripePayments): Promise<void> => {
      const { id } = simulator.controls.openDispute(referenceOf(await stripe.authorize(request)), 700, "product_not_received");
      simulator.controls.closeDispute(id, "lost");
    };
    const [, opened, closed] = await told(act, ["payment_intent.succeeded", "charge.dispute.created", "charge.dispute.closed"]);
    const dispute = { ...of, paymentId: null, orderId: null, attempt: 1, amountMinor: 700, disputeReference: expect.stringMatching(/^dp_/) };
    expect(opened).toEqual({ ...dispute, kind: "disputed", reason: "product_not_received" });
    expect(closed).toEqual({ ...dispute, kind: "dispute_closed", outcome: "lost" });
  });
  it("tell of an inquiry, which takes nothing, and of the dispute that it became", async () => {
    const act = async (stripe: StripePayments): Promise<void> => {
      const reference = referenceOf(await stripe.authorize(request));
      const { id } = simulator.controls.openDispute(reference, 700, "general", true);
      expect((await stripe.refund({ ...refundOf(reference), amountMinor: 1 })).kind).toBe("refunded");
      simulator.controls.escalateDispute(id);
    };
    const news = await told(act, [
      "payment_intent.succeeded", "charge.dispute.created", "refund.created", "charge.refunded", "charge.dispute.updated", "charge.dispute.funds_withdrawn",
    ]);
    expect(news).toMatchObject([
      { kind: "captured" }, { kind: "inquired", isOver: false, amountMinor: 700 }, { kind: "refunded" }, { kind: "refunded" }, { kind: "disputed" }, { kind: "disputed" },
    ]);
    const end = async (stripe: StripePayments): Promise<void> => {
      const { id } = simulator.controls.openDispute(referenceOf(await stripe.authorize({ ...request, idempotencyKey: "another" })), 700, "general", true);
      simulator.controls.closeDispute(id, "won");
    };
    expect(await told(end, ["payment_intent.succeeded", "charge.dispute.created", "charge.dispute.closed"])).toMatchObject([{}, { kind: "inquired", isOver: false }, { kind: "inquired", isOver: true }]);
  });
});
