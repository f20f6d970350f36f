import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { StripeGround } from "./stripe-ground.js";

let ground: StripeGround;
beforeEach(async () => { ground = await StripeGround.open(); });
afterEach(async () => { await ground.close(); });

const form = { amount: "1999", currency: "eur", confirm: "true", payment_method: "pm_card_visa", "payment_method_types[0]": "card" };
const key = { "idempotency-key": "charge:1" };

describe("the same key", () => {
  it("gets the same answer again, marked, in whatever order the parameters come; other parameters are refused", async () => {
    const first = await ground.call("/v1/payment_intents", form, key);
    const again = await ground.call("/v1/payment_intents", Object.fromEntries(Object.entries(form).reverse()), key);
    expect(again.body).toEqual(first.body);
    expect([first, again].map(({ headers }) => headers.get("idempotent-replayed"))).toEqual([null, "true"]);
    expect(again.headers.get("idempotency-key")).toBe("charge:1");
    await expect(ground.charge({ amount: 2_000 }, "charge:1")).rejects.toMatchObject({ type: "StripeIdempotencyError", statusCode: 400 });
    expect((await ground.call("/v1/refunds", { payment_intent: String(first.body["id"]) }, key)).body).toMatchObject({ error: { type: "idempotency_error" } });
    expect(ground.simulator.ledger()).toMatchObject({ charges: 1, refunds: 0 });
  });

  it("gets the answer as it was then, whatever happened since", async () => {
    const held = await ground.call("/v1/payment_intents", { ...form, capture_method: "manual" }, key);
    const { id } = held.body as { id: string };
    const captured = await ground.stripe().paymentIntents.capture(id, { amount_to_capture: 1_000 }, { idempotencyKey: "capture:1" });
    const refund = await ground.stripe().refunds.create({ payment_intent: id, amount: 1_000 }, { idempotencyKey: "refund:1" });
    ground.simulator.controls.failRefund(refund.id);
    expect((await ground.call("/v1/payment_intents", { ...form, capture_method: "manual" }, key)).body).toEqual(held.body);
    expect(await ground.stripe().paymentIntents.capture(id, { amount_to_capture: 1_000 }, { idempotencyKey: "capture:1" })).toEqual(captured);
    expect(await ground.stripe().refunds.create({ payment_intent: id, amount: 1_000 }, { idempotencyKey: "refund:1" })).toMatchObject({ id: refund.id, status: "succeeded" });
    expect(ground.simulator.ledger()).toMatchObject({ charges: 1, chargedMinor: { EUR: 1_000 } });
  });

  it("gets the same refusal again: of a bank, and of a state that has changed since", async () => {
    const declined = { ...form, payment_method: "pm_card_chargeDeclined" };
    const first = await ground.call("/v1/payment_intents", declined, key);
    const again = await ground.call("/v1/payment_intents", declined, key);
    expect([first.status, again.status]).toEqual([402, 402]);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(ground.simulator.ledger().declined).toBe(1);

    const { id } = await ground.charge();
    const tooMuch = { payment_intent: id, amount: "5000" };
    const refused = await ground.call("/v1/refunds", tooMuch, { "idempotency-key": "r" });
    expect(refused.status).toBe(400);
    expect((await ground.call("/v1/refunds", tooMuch, { "idempotency-key": "r" })).headers.get("idempotent-replayed")).toBe("true");
  });

  it("is free again after parameters that were wrong, and after 429", async () => {
    expect((await ground.call("/v1/payment_intents", { ...form, amount: "0" }, key)).status).toBe(400);
    ground.simulator.orderFault({ kind: "create", fault: "rate_limited" });
    expect((await ground.call("/v1/payment_intents", form, key)).status).toBe(429);
    expect(await ground.call("/v1/payment_intents", form, key)).toMatchObject({ status: 200, body: { status: "succeeded" } });
  });

  it("is in use while the first call is at work", async () => {
    ground.simulator.orderFault({ kind: "create", fault: "latency=1000" });
    const outcomes = await Promise.all([ground.call("/v1/payment_intents", form, key), ground.call("/v1/payment_intents", form, key)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(outcomes.find(({ status }) => status === 409)?.body).toMatchObject({ error: { code: "idempotency_key_in_use" } });
    expect(ground.simulator.ledger().charges).toBe(1);
  });

  it("charges anew once it is forgotten, as after a day at Stripe; that is remembered too", async () => {
    const first = await ground.call("/v1/payment_intents", form, key);
    expect((await ground.control("POST", "/keys/forget")).status).toBe(200);
    await ground.restart();
    const again = await ground.call("/v1/payment_intents", form, key);
    expect(again).toMatchObject({ status: 200 });
    expect(again.body["id"]).not.toBe(first.body["id"]);
    expect(ground.simulator.ledger().charges).toBe(2);
  });

  it("has 1 to 255 characters", async () => {
    expect((await ground.call("/v1/payment_intents", form, { "idempotency-key": "k".repeat(256) })).status).toBe(400);
    expect(ground.simulator.ledger().charges).toBe(0);
  });
});
