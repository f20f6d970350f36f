import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { CallLimit } from "../../../src/simulators/payments/call-limit.js";
import { eventually } from "../webhook-receiver.js";
import { StripeGround } from "./stripe-ground.js";

let ground: StripeGround;
beforeEach(async () => { ground = await StripeGround.open(); });
afterEach(async () => { await ground.close(); });

const impatient = { timeout: 500 };

describe("trouble after the charge", () => {
  it("silence: charged, and the same key finds it", async () => {
    ground.simulator.orderFault({ kind: "create", fault: "timeout_after" });
    await expect(ground.charge({}, "1", ground.stripe(impatient))).rejects.toMatchObject({ type: "StripeConnectionError" });
    await eventually("the charge", () => ground.simulator.ledger().charges === 1);
    expect(await ground.charge({}, "1")).toMatchObject({ status: "succeeded" });
    expect(ground.simulator.ledger().charges).toBe(1);
  });

  it("500: charged, and the same key gets 500 for ever, so only asking helps", async () => {
    ground.simulator.orderFault({ kind: "create", fault: "fail_after" });
    const metadata = { payment_id: "pay-1" };
    for (let attempt = 1; attempt <= 3; attempt += 1) await expect(ground.charge({ metadata }, "1")).rejects.toMatchObject({ statusCode: 500 });
    const found = await ground.stripe().paymentIntents.search({ query: "metadata['payment_id']:'pay-1'" });
    expect(found.data.map(({ status }) => status)).toEqual(["succeeded"]);
    expect(ground.simulator.ledger().charges).toBe(1);
  });

  it("a connection that is reset, before or after; the package repeats once by itself with the same key", async () => {
    ground.simulator.orderFault({ kind: "create", fault: "cut_after" });
    expect(await ground.charge({}, "1")).toMatchObject({ status: "succeeded" });
    ground.simulator.orderFault({ kind: "refund", fault: "cut_before", times: 2 });
    await expect(ground.stripe().refunds.create({ payment_intent: (await ground.charge({}, "1")).id })).rejects.toMatchObject({ type: "StripeConnectionError" });
    expect(ground.simulator.ledger()).toMatchObject({ charges: 1, refunds: 0 });
  });

  it("happens to captures, cancellations and refunds as well", async () => {
    const [one, other] = [await ground.hold(), await ground.hold()];
    const { paymentIntents, refunds } = ground.stripe(impatient);
    for (const kind of ["capture", "cancel", "refund"] as const) ground.simulator.orderFault({ kind, fault: "timeout_after" });
    await expect(paymentIntents.capture(one.id)).rejects.toMatchObject({ type: "StripeConnectionError" });
    await expect(paymentIntents.cancel(other.id)).rejects.toMatchObject({ type: "StripeConnectionError" });
    await expect(refunds.create({ payment_intent: one.id })).rejects.toMatchObject({ type: "StripeConnectionError" });
    expect(ground.simulator.ledger()).toMatchObject({ chargedMinor: { EUR: 1_999 }, releasedMinor: { EUR: 1_999 }, refundedMinor: { EUR: 1_999 } });
  });
});

describe("trouble before the charge", () => {
  it.each([["fail_before", 500], ["unavailable", 503], ["rate_limited", 429]])("%s: nothing was done, and the same key may try again", async (fault, statusCode) => {
    ground.simulator.orderFault({ kind: "create", fault });
    await expect(ground.charge({}, "1")).rejects.toMatchObject({ statusCode });
    expect(ground.simulator.ledger().charges).toBe(0);
    expect(await ground.charge({}, "1")).toMatchObject({ status: "succeeded" });
  });

  it("500 that stays with the key, and nothing was done", async () => {
    ground.simulator.orderFault({ kind: "create", fault: "fail_kept" });
    for (let attempt = 1; attempt <= 2; attempt += 1) await expect(ground.charge({}, "1")).rejects.toMatchObject({ statusCode: 500 });
    expect(ground.simulator.ledger().charges).toBe(0);
  });

  it("silence", async () => {
    ground.simulator.orderFault({ kind: "create", fault: "timeout_before" });
    await expect(ground.charge({}, "1", ground.stripe(impatient))).rejects.toMatchObject({ type: "StripeConnectionError" });
    expect(ground.simulator.ledger().charges).toBe(0);
  });

  it("for a call that only asks", async () => {
    const { id } = await ground.charge();
    ground.simulator.orderFault({ kind: "retrieve", fault: "fail_before" });
    await expect(ground.stripe().paymentIntents.retrieve(id)).rejects.toMatchObject({ statusCode: 500 });
    expect(await ground.stripe().paymentIntents.retrieve(id)).toMatchObject({ id });
  });
});

describe("a fault is ordered", () => {
  it("by the request itself, whose repetition gets further", async () => {
    const metadata = { simulator_fault: "fail_before,decline=lost_card" };
    await expect(ground.charge({ metadata }, "1")).rejects.toMatchObject({ statusCode: 500 });
    await expect(ground.charge({ metadata }, "1")).rejects.toMatchObject({ statusCode: 402, decline_code: "lost_card" });
    await expect(ground.charge({ metadata: { simulator_fault: "explode" } })).rejects.toMatchObject({ statusCode: 400, param: "metadata[simulator_fault]" });
    expect(ground.simulator.ledger()).toMatchObject({ charges: 0, declined: 1 });
  });

  it("for the payments of one order, as often as was said", async () => {
    ground.simulator.orderFault({ kind: "capture", fault: "unavailable", times: 2, metadata: { order_id: "b" } });
    const { id: a } = await ground.hold({ metadata: { order_id: "a" } });
    const { id: b } = await ground.hold({ metadata: { order_id: "b" } });
    const { paymentIntents } = ground.stripe();
    expect(await paymentIntents.capture(a)).toMatchObject({ status: "succeeded" });
    for (let attempt = 1; attempt <= 2; attempt += 1) await expect(paymentIntents.capture(b)).rejects.toMatchObject({ statusCode: 503 });
    expect(await paymentIntents.capture(b)).toMatchObject({ status: "succeeded" });
  });

  it("over HTTP; nonsense is refused and changes nothing", async () => {
    expect((await ground.control("POST", "/orders", { kind: "refund", fault: "fail_after,webhook_late=5", times: 3 })).body).toEqual({
      orders: [{ kind: "refund", fault: "fail_after,webhook_late=5", times: 3, metadata: {} }],
    });
    for (const wrong of [{ kind: "pay", fault: "fail_after" }, { kind: "refund", fault: "fail_later" }, { kind: "refund", fault: "latency" }, { kind: "refund", fault: "latency=-1" },
      { kind: "refund", fault: "fail_after=2" }, { kind: "refund", fault: "fail_after", times: 0 }, { kind: "refund" }, { kind: "refund", fault: "fail_after", tmies: 1 }, "no JSON"]) {
      expect((await ground.control("POST", "/orders", wrong)).status).toBe(400);
    }
    expect((await ground.control("GET", "/orders")).body["orders"]).toHaveLength(1);
    expect((await ground.control("DELETE", "/orders")).body).toEqual({ orders: [] });
    expect(() => { ground.simulator.orderFault({ kind: "create", fault: "explode" }); }).toThrow(RangeError);
    for (const wrong of [{ declineRate: 2 }, { dwon: true }, { callsPerSecond: -1 }, "no JSON"]) expect((await ground.control("POST", "/faults", wrong)).status).toBe(400);
    expect((await ground.control("POST", "/faults", { down: true })).status).toBe(200);
    await expect(ground.charge()).rejects.toMatchObject({ statusCode: 503 });
    expect((await ground.control("GET", "/ledger")).body).toEqual(ground.simulator.ledger());
    expect((await ground.control("GET", "/nothing")).status).toBe(404);
  });

  it("by rate", async () => {
    await ground.close();
    let chance = 0;
    ground = await StripeGround.open({ random: () => chance, faults: { failBeforeRate: 0.2, failReadRate: 0.5, failAfterRate: 0.6, declineRate: 0.8 } });
    chance = 0.1;
    await expect(ground.charge({}, "1")).rejects.toMatchObject({ statusCode: 500 });
    await expect(ground.stripe().paymentIntents.list()).rejects.toMatchObject({ statusCode: 500 });
    expect(ground.simulator.ledger()).toMatchObject({ charges: 0, declined: 0 });
    chance = 0.7;
    await expect(ground.charge({}, "1")).rejects.toMatchObject({ statusCode: 402, code: "card_declined" });
    chance = 0.9;
    expect(await ground.charge({}, "2")).toMatchObject({ status: "succeeded" });
  });
});

describe("the limit of calls", () => {
  it("refuses what comes on top with Retry-After, counts it, and charges nothing", async () => {
    // One, and the next in an hour.
    ground.simulator.setFaults({ callsPerSecond: 1 / 3_600 });
    const answers = await Promise.all(Array.from({ length: 40 }, async (_, n) => ground.call("/v1/payment_intents", {
      amount: "100", currency: "eur", confirm: "true", payment_method: "pm_card_visa", "payment_method_types[0]": "card",
    }, { "idempotency-key": String(n) })));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(39);
    expect(refused[0]).toMatchObject({ body: { error: { code: "rate_limit" } } });
    expect(Number(refused[0]!.headers.get("retry-after"))).toBeGreaterThan(3_000);
    expect(ground.simulator.calls()).toMatchObject({ calls: 40, refused: 39, byKind: { create: 40 } });
    expect(ground.simulator.ledger().charges).toBe(1);
    expect((await ground.control("GET", "/calls")).body).toEqual(ground.simulator.calls());
  });

  it("never refuses who stays within it in each second, wherever the seconds begin", () => {
    const limit = new CallLimit();
    const waits = [0, 900, 1_000, 1_900, 2_000].flatMap((ms) => Array.from({ length: 5 }, () => limit.count(null, 10, ms)));
    expect(waits.every((wait) => wait === 0)).toBe(true);
    const more = Array.from({ length: 20 }, () => limit.count(null, 10, 2_000));
    expect(more.some((wait) => wait > 0)).toBe(true);
    // However long nobody came, no more than a second's worth goes through at once.
    const late = Array.from({ length: 30 }, () => limit.count(null, 10, 60_000));
    expect(late.filter((wait) => wait === 0)).toHaveLength(10);
    expect(limit.counts()).toMatchObject({ calls: 75, refused: [...more, ...late].filter((wait) => wait > 0).length, busiestSecond: 30 });
  });

  it("lets every number through where there is none", async () => {
    await Promise.all(Array.from({ length: 50 }, () => ground.stripe().paymentIntents.list()));
    expect(ground.simulator.calls()).toMatchObject({ calls: 50, refused: 0 });
  });
});
