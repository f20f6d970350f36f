import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { existsSync, mkdtempSync, readFileSync, rmSync, appendFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChargeRequest } from "../../src/gateways/payments/payment-port.js";
import { StripePayments, type StripeSettings } from "../../src/gateways/payments/stripe-payments.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { startPaymentSimulator, type PaymentSimulator, type PaymentSimulatorOptions } from "../../src/simulators/payments/payment-simulator.js";
import { eventually, startWebhookReceiver, type WebhookReceiver } from "./webhook-receiver.js";

const apiKey = "sk_test_1";
const webhookSecret = "whsec_test";
const logger = createLogger("silent");
const charge: ChargeRequest = { paymentId: "pay-1", orderId: "order-1", amountMinor: 1_999, currency: "EUR", idempotencyKey: "order-1/charge/1" };

let directory: string;
let receiver: WebhookReceiver;
let simulator: PaymentSimulator;
const providers: StripePayments[] = [];

async function start(options: Partial<PaymentSimulatorOptions> = {}): Promise<void> {
  simulator = await startPaymentSimulator({ apiKey, webhookSecret, logger, webhookUrl: receiver.url, dataFile: join(directory, "payments.jsonl"), ...options });
}

function provider(settings: Partial<StripeSettings> = {}): StripePayments {
  const made = new StripePayments({ baseUrl: simulator.url, apiKey, webhookSecrets: [webhookSecret], timeoutMs: 2_000, ...settings });
  providers.push(made);
  return made;
}

function idsReceived(): string[] {
  return receiver.received.map(({ body }) => (JSON.parse(body) as { id: string }).id);
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "millrace-payments-"));
  receiver = await startWebhookReceiver();
  await start();
});
afterEach(async () => {
  for (const made of providers.splice(0)) made.close();
  await simulator.stop();
  await receiver.stop();
  rmSync(directory, { recursive: true });
});

describe("charging", () => {
  it("captures, tells by a signed webhook, and can be asked", async () => {
    const stripe = provider();
    const result = await stripe.charge(charge);
    expect(result).toEqual({ kind: "captured", providerReference: expect.stringMatching(/^pi_/), amountMinor: 1_999, currency: "EUR" });
    if (result.kind !== "captured") throw new Error("not captured");
    await receiver.until("the webhook", ({ length }) => length === 1);
    const { body, headers } = receiver.received[0]!;
    expect(stripe.verify(body, headers, Date.now())).toEqual({ eventId: expect.stringMatching(/^evt_/) });
    expect(stripe.verify(body.replace("1999", "1998"), headers, Date.now())).toBeNull();
    expect(stripe.verify(body, headers, Date.now() + 301_000)).toBeNull();
    expect(provider({ webhookSecrets: ["new", webhookSecret] }).verify(body, headers, Date.now())).not.toBeNull();
    expect(stripe.parseWebhook(body)).toMatchObject({
      kind: "captured", providerReference: result.providerReference, paymentId: "pay-1", orderId: "order-1", amountMinor: 1_999, currency: "EUR", refundedMinor: 0, code: null,
    });
    expect(await stripe.retrieve(result.providerReference)).toMatchObject({ status: "captured", amountMinor: 1_999, refundedMinor: 0, orderId: "order-1" });
    expect(await stripe.retrieve("pi_unknown")).toBeNull();
  });
  it("charges once for one key, and refuses the key with other parameters", async () => {
    const stripe = provider();
    const first = await stripe.charge(charge);
    expect(await stripe.charge(charge)).toEqual(first);
    await expect(stripe.charge({ ...charge, amountMinor: 1 })).rejects.toMatchObject({ kind: "rejected", inDoubt: false });
    expect(simulator.ledger()).toMatchObject({ charges: 1, chargedMinor: { EUR: 1_999 }, ordersChargedTwice: [] });
  });
  it("says what the bank said, the same at every repetition", async () => {
    const noMoney = provider({ paymentMethod: "pm_card_chargeDeclinedInsufficientFunds" });
    expect(await noMoney.charge(charge)).toEqual({ kind: "declined", code: "insufficient_funds" });
    expect(await noMoney.charge(charge)).toEqual({ kind: "declined", code: "insufficient_funds" });
    simulator.setFaults({ declineRate: 1 });
    expect(await provider().charge({ ...charge, idempotencyKey: "2" })).toEqual({ kind: "declined", code: "card_declined" });
    expect(simulator.ledger()).toMatchObject({ charges: 0, chargedMinor: {}, declined: 2 });
    await receiver.until("two failures", ({ length }) => length === 2);
    expect(receiver.received.map(({ body }) => provider().parseWebhook(body)?.kind)).toEqual(["failed", "failed"]);
  });
  it("counts ISK as Stripe does and as ISO 4217 does", async () => {
    const result = await provider().charge({ ...charge, amountMinor: 500, currency: "ISK" });
    expect(result).toMatchObject({ amountMinor: 500, currency: "ISK" });
    expect(simulator.ledger().chargedMinor).toEqual({ ISK: 50_000 });
  });
  it("with a wrong key is rejected", async () => {
    await expect(provider({ apiKey: "wrong" }).charge(charge)).rejects.toMatchObject({ kind: "rejected", status: 401, inDoubt: false });
  });
});

describe("trouble", () => {
  it("after the charge: in doubt, and the same key finds what was charged", async () => {
    simulator.setFaults({ timeoutAfterRate: 1 });
    await expect(provider({ timeoutMs: 100 }).charge(charge)).rejects.toMatchObject({ kind: "timeout", inDoubt: true });
    expect(simulator.ledger().charges).toBe(1);
    expect(await provider().charge(charge)).toMatchObject({ kind: "captured" });
    expect(simulator.ledger().charges).toBe(1);
  });
  it("before the charge: nothing is charged, and the same key may try again", async () => {
    simulator.setFaults({ failBeforeRate: 1 });
    await expect(provider().charge(charge)).rejects.toMatchObject({ kind: "unavailable", status: 500, inDoubt: true });
    expect(simulator.ledger().charges).toBe(0);
    simulator.setFaults({ failBeforeRate: 0 });
    expect(await provider().charge(charge)).toMatchObject({ kind: "captured" });
  });
  it("a second call while the first is at work is open, not charged twice", async () => {
    simulator.setFaults({ latencyMs: 200 });
    const outcomes = await Promise.allSettled([provider().charge(charge), provider().charge(charge)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(outcomes.find(({ status }) => status === "rejected")).toMatchObject({ reason: { kind: "unavailable", inDoubt: true, code: "idempotency_key_in_use" } });
    expect(simulator.ledger().charges).toBe(1);
  });
  it("is ordered over HTTP, and a wrong order is refused", async () => {
    const order = (body: string): Promise<Response> => fetch(`${simulator.url}/_simulator/faults`, { method: "POST", body });
    expect((await order('{"down":true}')).status).toBe(200);
    await expect(provider().charge(charge)).rejects.toMatchObject({ kind: "unavailable", status: 503 });
    expect((await order('{"declineRate":2}')).status).toBe(400);
    expect((await order('{"dwon":true}')).status).toBe(400);
    expect((await order("no JSON")).status).toBe(400);
    const ledger = await fetch(`${simulator.url}/_simulator/ledger`);
    expect(await ledger.json()).toEqual(simulator.ledger());
  });
});

describe("refunding", () => {
  it("gives back in parts, never more than was captured, also when asked at once", async () => {
    const stripe = provider();
    const captured = await stripe.charge(charge);
    if (captured.kind !== "captured") throw new Error("not captured");
    const refund = { providerReference: captured.providerReference, amountMinor: 1_000, currency: "EUR", idempotencyKey: "r1", reason: "changed my mind" };
    const first = await stripe.refund(refund);
    expect(first).toEqual({ kind: "refunded", refundReference: expect.stringMatching(/^re_/), amountMinor: 1_000, currency: "EUR" });
    expect(await stripe.refund(refund)).toEqual(first);
    const racing = await Promise.all(["r2", "r3", "r4"].map((idempotencyKey) => stripe.refund({ ...refund, amountMinor: 999, idempotencyKey })));
    expect(racing.filter(({ kind }) => kind === "refunded")).toHaveLength(1);
    expect(await stripe.refund({ ...refund, idempotencyKey: "r5", amountMinor: 1 })).toEqual({ kind: "refused", code: "charge_already_refunded" });
    expect(simulator.ledger()).toMatchObject({ refunds: 2, refundedMinor: { EUR: 1_999 } });
    expect(await stripe.retrieve(captured.providerReference)).toMatchObject({ refundedMinor: 1_999 });
    await receiver.until("charge and refunds", ({ length }) => length === 3);
    const news = receiver.received.map(({ body }) => stripe.parseWebhook(body)!).filter(({ kind }) => kind === "refunded");
    expect(news.map(({ refundedMinor }) => refundedMinor).sort()).toEqual([1_000, 1_999].sort());
    expect(news[0]).toMatchObject({ providerReference: captured.providerReference, orderId: "order-1", amountMinor: 1_999 });
  });
  it("refuses too much, and a payment that is not there", async () => {
    const stripe = provider();
    const captured = await stripe.charge(charge);
    if (captured.kind !== "captured") throw new Error("not captured");
    const refund = { providerReference: captured.providerReference, amountMinor: 2_000, currency: "EUR", idempotencyKey: "r1", reason: "" };
    expect(await stripe.refund(refund)).toEqual({ kind: "refused", code: "amount_too_large" });
    await expect(stripe.refund({ ...refund, providerReference: "pi_unknown", idempotencyKey: "r2" })).rejects.toMatchObject({ kind: "rejected", code: "resource_missing" });
    expect(simulator.ledger().refunds).toBe(0);
  });
});

describe("webhooks", () => {
  it("are repeated until they are taken, and may come twice or never", async () => {
    receiver.answerWith(500);
    await provider().charge(charge);
    await receiver.until("two attempts", ({ length }) => length >= 2);
    receiver.answerWith(200);
    await eventually("it to be settled", () => simulator.ledger().webhooksWaiting === 0);
    expect(new Set(idsReceived()).size).toBe(1);
    const before = receiver.received.length;
    simulator.setFaults({ duplicateWebhookRate: 1 });
    await provider().charge({ ...charge, idempotencyKey: "2" });
    await receiver.until("the event twice", ({ length }) => length === before + 2);
    expect(idsReceived().at(-1)).toBe(idsReceived().at(-2));
    simulator.setFaults({ lostWebhookRate: 1 });
    await provider().charge({ ...charge, idempotencyKey: "3" });
    expect(simulator.ledger().webhooksWaiting).toBe(0);
  });
});

describe("a restart", () => {
  it("remembers charges, keys and what was not told, also after a line was cut short", async () => {
    receiver.answerWith(500);
    const first = await provider().charge(charge);
    if (first.kind !== "captured") throw new Error("not captured");
    await provider().refund({ providerReference: first.providerReference, amountMinor: 999, currency: "EUR", idempotencyKey: "r1", reason: "" });
    const before = simulator.ledger();
    await simulator.stop();
    appendFileSync(join(directory, "payments.jsonl"), '{"t":"intent","by":nu');
    receiver.answerWith(200);
    const seen = receiver.received.length;
    await start();
    expect(simulator.ledger()).toEqual(before);
    await receiver.until("both events", ({ length }) => length >= seen + 2);
    await eventually("both to be settled", () => simulator.ledger().webhooksWaiting === 0);
    expect(await provider().charge(charge)).toEqual(first);
    await expect(provider().charge({ ...charge, amountMinor: 1 })).rejects.toMatchObject({ kind: "rejected" });
    expect(simulator.ledger()).toMatchObject({ charges: 1, refunds: 1 });
    await simulator.stop();
    await start();
    expect(simulator.ledger()).toMatchObject({ charges: 1, refunds: 1, webhooksWaiting: 0 });
  });
});

describe("the list", () => {
  it("comes newest first, in pages", async () => {
    const stripe = provider();
    for (let n = 1; n <= 5; n += 1) await stripe.charge({ ...charge, idempotencyKey: String(n), amountMinor: n });
    const list = async (query: string): Promise<{ data: { id: string; amount: number }[]; has_more: boolean }> => {
      const answer = await fetch(`${simulator.url}/v1/payment_intents?${query}`, { headers: { authorization: `Bearer ${apiKey}` } });
      return await answer.json() as Awaited<ReturnType<typeof list>>;
    };
    const first = await list("limit=3&created[gte]=1");
    expect(first.data.map(({ amount }) => amount)).toEqual([5, 4, 3]);
    expect(first.has_more).toBe(true);
    const second = await list(`limit=3&starting_after=${first.data.at(-1)!.id}`);
    expect(second).toMatchObject({ data: [{ amount: 2 }, { amount: 1 }], has_more: false });
    expect((await list("created[lt]=1")).data).toEqual([]);
  });
});

const samplesFile = join(process.env["MILLRACE_TEST_DATA"] ?? "../shared/data", "stripe/fixtures.json");
const haveSamples = existsSync(samplesFile);
if (!haveSamples) process.stderr.write(`skipped: comparison with Stripe's samples, ${samplesFile} is not there\n`);

(haveSamples ? describe : describe.skip)("the shapes of Stripe's published samples", () => {
  type Shape = Record<string, unknown>;
  const samples = haveSamples ? (JSON.parse(readFileSync(samplesFile, "utf8")) as { resources: Record<string, Shape> }).resources : {};
  const kind = (value: unknown): string => Array.isArray(value) ? "array" : typeof value;

  function compare(name: string, ours: Shape): void {
    const sample = samples[name]!;
    expect(Object.keys(ours).sort()).toEqual(Object.keys(sample).sort());
    // `latest_charge` and `payment_intent` are ids, null in the samples; where both hold something, the type must agree.
    const differing = Object.keys(ours).filter((key) => ours[key] !== null && sample[key] !== null && kind(ours[key]) !== kind(sample[key]));
    expect(differing).toEqual([]);
  }

  it("are those of payment intent, charge, refund and event", async () => {
    const ask = async (path: string, form?: Record<string, string>): Promise<Shape> => {
      const answer = await fetch(simulator.url + path, { headers: { authorization: `Bearer ${apiKey}` }, ...(form ? { method: "POST", body: new URLSearchParams(form) } : {}) });
      return await answer.json() as Shape;
    };
    const intent = await ask("/v1/payment_intents", { amount: "100", currency: "usd", confirm: "true", payment_method: "pm_card_visa" });
    compare("payment_intent", intent);
    const declined = await ask("/v1/payment_intents", { amount: "100", currency: "usd", confirm: "true", payment_method: "pm_card_chargeDeclined" });
    expect(declined).toMatchObject({ error: { type: "card_error", code: "card_declined", decline_code: "generic_decline", charge: expect.stringMatching(/^ch_/) } });
    compare("payment_intent", (declined["error"] as { payment_intent: Shape }).payment_intent);
    const refund = await ask("/v1/refunds", { payment_intent: String(intent["id"]), amount: "40" });
    compare("refund", refund);
    const { latest_charge: expanded } = await ask(`/v1/payment_intents/${String(intent["id"])}?expand[]=latest_charge`);
    compare("charge", expanded as Shape);
    await receiver.until("three events", ({ length }) => length === 3);
    for (const { body } of receiver.received) compare("event", JSON.parse(body) as Shape);
  });
});
