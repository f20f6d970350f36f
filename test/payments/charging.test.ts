import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { cancelOrder } from "../../src/commands/orders/cancel-order.js";
import { chargeConsumer } from "../../src/commands/payments/charge.job.js";
import { paymentIdOf } from "../../src/commands/payments/record-payment.js";
import { openTill, type Till } from "./till.js";

describe("charging an order", () => {
  let till: Till;
  beforeAll(async () => { till = await openTill(); });
  afterAll(() => till.close());
  afterEach(() => {
    expect(till.provider.fates).toEqual([]); // every scripted fate was met
    Object.assign(till.provider, { asking: "answers", gate: null, keyKeptSeconds: 86_400 });
  });

  /** One charge of the whole that counts, and the order is paid. */
  async function expectPaidOnce(orderId: string, totalMinor: number): Promise<void> {
    expect(till.provider.taken(orderId).map(({ capturedMinor }) => capturedMinor)).toEqual([totalMinor]);
    expect(await till.payment(orderId)).toMatchObject({ status: "CAPTURED", capturedMinor: totalMinor });
    expect((await till.order(orderId)).status).toBe("PAID");
    expect(await till.caseOf(orderId)).toBeNull();
  }

  it("takes the money once, and the order is paid", async () => {
    const { orderId, totalMinor } = await till.place();
    expect(await till.work()).toEqual([]);
    await expectPaidOnce(orderId, totalMinor);
    expect(await till.story(orderId)).toEqual(["PaymentCaptured"]);
  });

  it("hands the buyer's token on and forgets it; it stands in no event, job or answer", async () => {
    const token = "pm_secret_4711";
    const { orderId, totalMinor } = await till.place({ payment: { method: "CARD", token } });
    expect(await till.caseOf(orderId)).toMatchObject({ token, attempt: 1 });
    const holds = async (text: string): Promise<boolean> => (await till.shop.pool.query(
      `SELECT FROM (SELECT data::text || metadata::text AS t FROM event_log UNION ALL SELECT data::text FROM pgboss.job UNION ALL SELECT answer::text || payload_hash FROM command_answer) all_of
       WHERE t LIKE '%' || $1 || '%'`, [text])).rowCount !== 0;
    expect(await holds(orderId)).toBe(true); // what is looked for would be found
    await till.work();
    expect(till.provider.tokens).toContain(token);
    expect(await holds(token)).toBe(false);
    await expectPaidOnce(orderId, totalMinor);
  });

  it("does not charge an order that was called off before", async () => {
    const { orderId } = await till.place();
    
    await till.bus.execute(cancelOrder, { orderId, reason: "changed my mind" }, { actor: { role: "operator", id: "op" }, idempotencyKey: `cancel-${orderId}` });
    expect(await till.work()).toEqual([]);
    expect(till.provider.taken(orderId)).toEqual([]);
    expect(await till.story(orderId)).toEqual([]);
  });

  it("asks after a timeout before anything else: what was charged is found, and charged once", async () => {
    const { orderId, totalMinor } = await till.place();
    till.provider.fates.push("lost");
    till.provider.calls.length = 0;
    expect(await till.work()).toEqual([]);
    await expectPaidOnce(orderId, totalMinor);
    expect(till.provider.calls).toEqual(["authorize", "find"]);
    expect(await till.story(orderId)).toEqual(["PaymentUnknown", "PaymentCaptured"]);
  });

  it("repeats with the same key what the provider has not heard of", async () => {
    const { orderId, totalMinor } = await till.place();
    till.provider.fates.push("down", "done");
    till.provider.calls.length = 0;
    expect(await till.work()).toEqual([]);
    await expectPaidOnce(orderId, totalMinor);
    expect(till.provider.calls).toEqual(["authorize", "find", "authorize"]);
  });

  it("charges once where the provider's search lags behind: the key tells it", async () => {
    const { orderId, totalMinor } = await till.place();
    till.provider.asking = "lags";
    till.provider.fates.push("lost", "lost", "done");
    expect(await till.work()).toEqual([]);
    await expectPaidOnce(orderId, totalMinor);
    expect(await till.story(orderId)).toEqual(["PaymentUnknown", "PaymentCaptured"]);
  });

  it("goes on after a crash between the charge and its record", async () => {
    const { orderId, totalMinor } = await till.place();
    const [job] = await till.waiting(chargeConsumer.queue);
    // The worker that charged was killed: nothing of it was written.
    await till.provider.authorize({
      paymentId: paymentIdOf(orderId), orderId, attempt: 1, amountMinor: totalMinor, currency: "EUR",
      token: null, capture: true, idempotencyKey: `charge:${paymentIdOf(orderId)}:1`,
    });
    await till.handle(chargeConsumer.queue, job!, 2);
    await till.work();
    await expectPaidOnce(orderId, totalMinor);
  });

  it("takes webhooks that come before, while and after the answer, in any number, for one charge", async () => {
    const { orderId, totalMinor } = await till.place();
    let open = (): void => undefined;
    till.provider.gate = new Promise((resolve) => { open = resolve; });
    const working = till.work({ only: chargeConsumer.queue });
    while (till.provider.taken(orderId).length === 0) await new Promise((resolve) => { setImmediate(resolve); });
    const [charge] = till.provider.taken(orderId);
    const news = till.provider.newsOf(charge!.reference, "captured");
    await till.webhook(news);
    expect(await till.story(orderId)).toEqual(["PaymentCaptured"]);
    open();
    expect(await working).toEqual([]);
    await Promise.all(Array.from({ length: 3 }, () => till.webhook(news)));
    await till.work();
    expect(await till.story(orderId)).toEqual(["PaymentCaptured"]);
    await expectPaidOnce(orderId, totalMinor);
  });

  it("takes fifty webhooks at once for one", async () => {
    const { orderId, totalMinor } = await till.place();
    till.provider.fates.push("lost");
    await till.work({ only: chargeConsumer.queue, tries: 1 });
    const [charge] = till.provider.taken(orderId);
    await Promise.all(Array.from({ length: 50 }, (_, index) => till.webhook(till.provider.newsOf(charge!.reference, "captured", `evt_${String(index % 2)}`))));
    await till.work();
    expect(await till.story(orderId)).toEqual(["PaymentUnknown", "PaymentCaptured"]);
    await expectPaidOnce(orderId, totalMinor);
  });

  it("takes news of another amount, currency, order or payment for nothing, and tells of it", async () => {
    const { orderId } = await till.place();
    till.provider.fates.push("down");
    await till.work({ only: chargeConsumer.queue, tries: 1 });
    
    const news = { kind: "captured", eventId: "evt_a", providerReference: "pi_x", paymentId: paymentIdOf(orderId), orderId, attempt: 1, amountMinor: 1, currency: "EUR", occurredAt: "" } as const;
    await till.webhook(news);
    await till.webhook({ ...news, eventId: "evt_b", amountMinor: (await till.order(orderId)).totals.totalMinor, currency: "USD" });
    await till.webhook({ ...news, eventId: "evt_c", providerReference: "pi_other", paymentId: "somebody-elses" });
    await till.webhook({ ...news, eventId: "evt_d", providerReference: "pi_none", orderId: "0192aaaa-0000-7000-8000-000000000000" });
    await till.webhook({ ...news, eventId: "evt_e", providerReference: "pi_bare", paymentId: null, orderId: null });
    expect(await till.story(orderId)).toEqual(["PaymentUnknown", "PaymentNewsSetAside", "PaymentNewsSetAside"]);
    expect(till.alerts.map(({ key }) => key)).toEqual(expect.arrayContaining(["payment_differs:pi_x", "foreign_payment:pi_other", "foreign_payment:pi_none", "foreign_payment:pi_bare"]));
    expect((await till.order(orderId)).status).toBe("PLACED");
    await till.work();
  });
});
