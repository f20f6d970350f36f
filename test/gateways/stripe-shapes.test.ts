import { describe, expect, it } from "@jest/globals";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chargeObject, intentObject, refundObject, toProviderPayment } from "../../src/gateways/payments/stripe-answers.js";
import { toPaymentNews } from "../../src/gateways/payments/stripe-news.js";

type Sample = Readonly<Record<string, unknown>>;

const samplesFile = join(process.env["MILLRACE_TEST_DATA"] ?? "../shared/data", "stripe/fixtures.json");
const haveSamples = existsSync(samplesFile);
if (!haveSamples) process.stderr.write(`SKIPPED: Stripe's published samples, ${samplesFile} is not there\n`);
const samples = haveSamples ? (JSON.parse(readFileSync(samplesFile, "utf8")) as { resources: Record<string, Sample> }).resources : {};

/** An event as Stripe's sample has it, about that object. */
const event = (type: string, object: unknown): string => JSON.stringify({ ...samples["event"], type, data: { object } });

(haveSamples ? describe : describe.skip)("Stripe's published samples", () => {
  it("are read, objects whole and as ids", () => {
    const { payment_intent: intent, charge, refund, balance_transaction: booked } = samples;
    expect(intentObject.parse(intent)).toMatchObject({ id: intent?.["id"], status: "requires_payment_method" });
    expect(chargeObject.parse(charge)).toMatchObject({ amount: 100, amount_refunded: 0, disputed: false, balance_transaction: charge?.["balance_transaction"] });
    expect(refundObject.parse(refund)).toMatchObject({ amount: 100, status: "succeeded" });
    const paid = { ...intent, status: "succeeded", amount_received: 1_099, last_payment_error: null, latest_charge: { ...charge, amount: 1_099, amount_captured: 1_099, balance_transaction: { ...booked, fee: 42 } } };
    expect(toProviderPayment(intentObject.parse(paid))).toEqual({
      providerReference: intent?.["id"], status: "captured", paymentId: null, orderId: null, attempt: 1, amountMinor: 1_099, capturedMinor: 1_099,
      currency: "USD", refundedMinor: 0, feeMinor: 42, disputed: false, code: null, createdAt: "2009-02-13T23:31:30.000Z",
    });
  });
  it("make news where they concern a payment", () => {
    const { payment_intent: intent, charge, refund, event: other } = samples;
    expect(toPaymentNews(JSON.stringify(other))).toBeNull();
    expect(toPaymentNews(event("payment_intent.succeeded", { ...intent, status: "succeeded", amount_received: 1_099 }))).toMatchObject({ kind: "captured", amountMinor: 1_099, currency: "USD", paymentId: null, eventId: other?.["id"] });
    expect(toPaymentNews(event("refund.created", { ...refund, payment_intent: "pi_1", metadata: { refund_id: "r1" } }))).toMatchObject({ kind: "refunded", refundId: "r1", refundReference: refund?.["id"], amountMinor: 100 });
    expect(toPaymentNews(event("refund.failed", { ...refund, payment_intent: "pi_1", status: "failed", failure_reason: "declined" }))).toMatchObject({ kind: "refund_failed", code: "declined", refundId: null });
    // Its sum alone names no refund, and a refund that moved no money only let go of what was set aside.
    expect(toPaymentNews(event("charge.refunded", { ...charge, payment_intent: "pi_1", amount_refunded: 100 }))).toBeNull();
    expect(toPaymentNews(event("refund.created", { ...refund, payment_intent: "pi_1", balance_transaction: null }))).toBeNull();
    expect(toPaymentNews(event("refund.created", { ...refund, payment_intent: "pi_1", balance_transaction: "txn_1" }))).toMatchObject({ kind: "refunded", refundId: null });
  });
});

describe("a dispute's webhook", () => {
  // Stripe's own sample is an inquiry.
  it.each([
    ["created", "warning_needs_response", { kind: "inquired", isOver: false, amountMinor: 1_000, reason: "general", paymentId: null }],
    ["updated", "warning_under_review", { kind: "inquired", isOver: false }],
    ["closed", "warning_closed", { kind: "inquired", isOver: true }],
    ["created", "needs_response", { kind: "disputed", amountMinor: 1_000, reason: "general", paymentId: null }],
    ["updated", "needs_response", { kind: "disputed" }],
    ["funds_withdrawn", "needs_response", { kind: "disputed" }],
    ["updated", "under_review", { kind: "disputed" }],
    ["updated", "won", null],
    ["closed", "won", { kind: "dispute_closed", outcome: "won" }],
    ["closed", "lost", { kind: "dispute_closed", outcome: "lost" }],
    ["funds_reinstated", "won", null],
  ])("%s as %s", (type, status, news) => {
    const told = toPaymentNews(event(`charge.dispute.${type}`, { ...samples["dispute"], payment_intent: { id: "pi_1" }, status }));
    if (news === null) expect(told).toBeNull();
    else expect(told).toMatchObject({ providerReference: "pi_1", disputeReference: samples["dispute"]?.["id"], ...news });
  });
});

describe("a webhook's body", () => {
  it.each(["", "null", "[]", "{}", "no JSON", '{"id":"evt_1","created":1,"type":"payment_intent.succeeded","data":{"object":{}}}', '{"id":"evt_1","created":1,"type":"customer.created","data":{"object":{"id":"cus_1"}}}'])(
    "that is no payment's news says nothing: %j", (body) => {
      expect(toPaymentNews(body)).toBeNull();
    });
});
