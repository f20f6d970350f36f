import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { lookOnce } from "../../src/commands/inventory/waiting-room.job.js";
import { noticesConsumer } from "../../src/commands/notices/notices.job.js";
import { cancelOrder } from "../../src/commands/orders/cancel-order.js";
import { chargeConsumer } from "../../src/commands/payments/charge.job.js";
import { retryPayment } from "../../src/commands/payments/retry-payment.js";
import type { OrderEvent } from "../../src/events/orders.js";
import type { Actor } from "../../src/kernel/command.js";
import { by, customer, operator } from "../bus/shop.js";
import { until } from "../replication/until.js";
import { Crowd } from "../waiting-room/crowd.js";
import { openTill, type Till } from "./till.js";

describe("a payment that is refused", () => {
  let till: Till;
  beforeAll(async () => { till = await openTill(); });
  afterAll(() => till.close());

  const retry = (orderId: string, { actor = customer, token = "pm_other" }: { actor?: Actor; token?: string } = {}) =>
    till.bus.execute(retryPayment, { orderId, payment: { method: "CARD", token } }, by(actor));
  const declined = async (sku = "TEA"): Promise<{ orderId: string; totalMinor: number }> => {
    const placed = await till.place({ sku });
    till.provider.fates.push("declined:insufficient_funds");
    await till.work();
    return placed;
  };

  it("leaves the order open with its units; another card pays it", async () => {
    const { orderId, totalMinor } = await declined();
    expect(await till.order(orderId)).toMatchObject({ status: "PLACED", payBefore: expect.any(String) });
    expect(await retry(orderId)).toMatchObject({ answer: { attempt: 2 } });
    expect(await till.work()).toEqual([]);
    expect(await till.story(orderId)).toEqual(["PaymentDeclined", "PaymentRetried", "PaymentCaptured"]);
    expect(till.provider.tokens.at(-1)).toBe("pm_other");
    expect(till.provider.taken(orderId).map(({ capturedMinor }) => capturedMinor)).toEqual([totalMinor]);
    // The window of the first no ends later, and means nothing any more.
    expect(await till.work({ late: true })).toEqual([]);
    expect((await till.order(orderId)).status).toBe("PAID");
  });

  it.each([
    ["a transfer", "BANK_TRANSFER", false, ["PENDING", "PENDING"], "PLACED"], ["cash", "CASH_ON_DELIVERY", false, ["PENDING", "AUTHORIZED"], "PAID"],
    ["a transfer, chosen before the order has heard of the no", "BANK_TRANSFER", true, ["PENDING", "PENDING"], "PLACED"],
  ] as const)("and tried again by %s is shown as the attempt at work has it", async (_name, method, isEarly, money, status) => {
    const { orderId } = await till.place();
    till.provider.fates.push("declined:insufficient_funds");
    await till.work({ only: chargeConsumer.queue });
    if (!isEarly) {
      await till.work();
      expect(await till.card(orderId)).toMatchObject({ paymentStatus: "FAILED", payBefore: expect.any(String) });
    }
    await till.bus.execute(retryPayment, { orderId, payment: { method, token: null } }, by(customer));
    expect(await till.card(orderId)).toMatchObject({ paymentStatus: money[0], payBefore: null });
    expect(await till.work()).toEqual([]);
    expect(await till.card(orderId)).toMatchObject({ status, paymentStatus: money[1], payBefore: null });
    const told = (await till.waiting(noticesConsumer.queue)).map(({ event }) => event as OrderEvent);
    expect(told.filter((event) => event.orderId === orderId && event.type === "OrderPaymentDeclined")).toHaveLength(isEarly ? 0 : 1);
  });

  it("for a second time is shown as refused, within the time of the first", async () => {
    const { orderId } = await declined();
    const { payBefore } = await till.card(orderId);
    await retry(orderId);
    till.provider.fates.push("declined:card_declined");
    expect(await till.work()).toEqual([]);
    expect(await till.card(orderId)).toMatchObject({ status: "PLACED", paymentStatus: "FAILED", payBefore });
  });

  it("is tried again only by its buyer or an operator, and only while it is open", async () => {
    const { orderId } = await declined();
    const before = await till.shop.written();
    expect((await retry(orderId, { actor: { role: "customer", id: "somebody" } })).refusal?.code).toBe("ORDER_UNKNOWN");
    expect((await retry(orderId, { token: "4242 4242 4242 4242" })).refusal?.code).toBe("CARD_DATA_REFUSED");
    expect((await retry("0192aaaa-0000-7000-8000-000000000000")).refusal?.code).toBe("ORDER_UNKNOWN");
    expect((await till.shop.written()).events).toBe(before.events);
    expect((await retry(orderId, { actor: operator })).answer).toMatchObject({ attempt: 2 });
    expect((await retry(orderId)).refusal?.code).toBe("PAYMENT_NOT_OPEN");
    await till.work();
    expect((await retry(orderId)).refusal?.code).toBe("ORDER_NOT_OPEN");
  });

  it("in doubt is not tried again until its outcome is known", async () => {
    const { orderId } = await till.place();
    till.provider.fates.push("lost");
    await till.work({ only: chargeConsumer.queue, tries: 1 });
    expect((await retry(orderId)).refusal?.code).toBe("PAYMENT_IN_DOUBT");
    await till.work();
  });

  it("that was called off meanwhile cannot be tried again", async () => {
    const { orderId } = await declined();
    await till.bus.execute(cancelOrder, { orderId, reason: "no" }, by(customer));
    expect((await retry(orderId)).refusal?.code).toBe("ORDER_NOT_OPEN");
  });
});

describe("a payment that may not be tried again", () => {
  let till: Till;
  beforeAll(async () => { till = await openTill({ PAYMENT_RETRY_SECONDS: "0" }); });
  afterAll(() => till.close());

  it("calls its order off at once, and somebody else gets the last unit", async () => {
    const { orderId } = await till.place({ sku: "CUP" });
    await expect(till.place({ sku: "CUP" })).rejects.toThrow("OUT_OF_STOCK");
    till.provider.fates.push("declined:card_declined");
    await till.work();
    expect(await till.order(orderId)).toMatchObject({ status: "CANCELLED", cause: "payment" });
    const { orderId: next } = await till.place({ sku: "CUP" });
    await till.work();
    expect((await till.order(next)).status).toBe("PAID");
  });
});

describe("a payment that is refused in a sale", () => {
  let till: Till;
  beforeAll(async () => { till = await openTill({ PAYMENT_RETRY_SECONDS: "0" }); });
  afterAll(() => till.close());

  it("makes room for the next ticket when its order is called off", async () => {
    const { bus, shop: { pool } } = till;
    const crowd = await Crowd.gather(pool, bus, { sku: "TEA", allocation: 1 });
    await crowd.joinAll(bus, [customer.id, "next"]);
    await lookOnce(bus, pool);
    expect([await crowd.state(bus, customer.id), await crowd.state(bus, "next")]).toEqual(["ADMITTED", "WAITING"]);
    const { orderId } = await till.place({ saleId: crowd.saleId });
    await lookOnce(bus, pool);
    expect(await crowd.state(bus, "next")).toBe("SOLD_OUT");
    till.provider.fates.push("declined:card_declined");
    await till.work();
    expect((await till.order(orderId)).status).toBe("CANCELLED");
    await lookOnce(bus, pool);
    expect(await crowd.state(bus, "next")).toBe("ADMITTED");
  });
});

describe("a payment whose window is short", () => {
  let till: Till;
  beforeAll(async () => { till = await openTill({ PAYMENT_RETRY_SECONDS: "1" }); });
  afterAll(() => till.close());

  it("calls its order off when that is over, not before", async () => {
    const { orderId } = await till.place({ sku: "CUP" });
    till.provider.fates.push("declined:card_declined");
    await till.work({ only: chargeConsumer.queue });
    await till.work({ only: "orders.process" });
    expect((await till.order(orderId)).status).toBe("PLACED");
    await until("the window is over and the order called off", async () => {
      await till.work();
      return (await till.order(orderId)).status === "CANCELLED";
    });
    expect((await till.shop.stockOf("CUP")).reserved).toBe(0);
  });
});
