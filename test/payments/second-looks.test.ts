import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { cancelOrder } from "../../src/commands/orders/cancel-order.js";
import { confirmParcelBooked } from "../../src/commands/orders/follow-order.js";
import { advanceParcel } from "../../src/commands/orders/follow-parcel.js";
import { callOffUnpaid } from "../../src/commands/orders/payment-deadline.job.js";
import { captureConsumer } from "../../src/commands/payments/capture.job.js";
import { chargeConsumer, doubtfulTriesMax } from "../../src/commands/payments/charge.job.js";
import { refundPayment } from "../../src/commands/payments/refund-payment.js";
import { retryPayment } from "../../src/commands/payments/retry-payment.js";
import { by, customer, operator } from "../bus/shop.js";
import { openTill, type Till } from "./till.js";

const system = { role: "system", id: "test" } as const;

/** The next alert is lost with its process: who was to raise it dies there. */
function dieOfNextAlert({ jobs: { alerts } }: Till): void {
  const port = alerts;
  const { raise } = port;
  port.raise = () => {
    port.raise = raise;
    return Promise.reject(new Error("killed"));
  };
}

async function ship(till: Till, orderId: string, milestone: "left" | "delivered" = "left"): Promise<void> {
  const { lines } = await till.order(orderId);
  await till.bus.execute(confirmParcelBooked, { orderId, shipmentId: `s-${orderId}`, lines: lines.map(({ sku, quantity }) => ({ sku, quantity })), parcelCount: 1, packing: 1 }, by(system));
  await till.bus.execute(advanceParcel, { orderId, shipmentId: `s-${orderId}`, milestone }, by(system));
}

describe("a process that dies between what it writes and what it tells", () => {
  let till: Till;
  beforeAll(async () => { till = await openTill({ CAPTURE_ON: "shipment", PAYMENT_ASK_SECONDS: "1" }); });
  afterAll(() => till.close());
  const told = (key: string): boolean => till.alerts.some((alert) => alert.key === key);

  it("tells of a refund that failed when it comes again", async () => {
    const { orderId } = await till.place();
    await till.work();
    await ship(till, orderId);
    await till.work();
    await till.bus.execute(refundPayment, { orderId, amount: { amountMinor: 100, currency: "EUR" }, reason: "late" }, by(operator));
    till.provider.fates.push("refused:charge_disputed");
    dieOfNextAlert(till);
    expect(await till.work()).toEqual([]);
    expect((await till.story(orderId)).at(-1)).toBe("RefundFailed");
    expect(till.alerts.some(({ key, details }) => key.startsWith("refund_failed:") && details?.["orderId"] === orderId)).toBe(true);
  });

  it("tells of an authorization that was gone when the parcel left", async () => {
    const { orderId } = await till.place();
    await till.work();
    await ship(till, orderId);
    till.provider.fates.push("refused:expired");
    Object.assign([...till.provider.charges.values()].at(-1)!, { status: "voided" });
    dieOfNextAlert(till);
    expect(await till.work({ only: captureConsumer.queue })).toEqual([]);
    till.provider.fates.length = 0;
    expect((await till.story(orderId)).at(-1)).toBe("PaymentVoided");
    expect(told(`authorization_lost:${orderId}`)).toBe(true);
    expect((await till.order(orderId)).status).toBe("ON_HOLD");
  });

  it("tells of a charge that nobody will ever know of", async () => {
    const { orderId } = await till.place();
    till.provider.fates.push(...Array.from({ length: doubtfulTriesMax }, () => "down" as const));
    await till.work({ only: chargeConsumer.queue });
    till.provider.keyKeptSeconds = 0;
    dieOfNextAlert(till);
    await expect(till.askNow()).rejects.toThrow("killed");
    await till.askNow();
    till.provider.keyKeptSeconds = 86_400;
    expect((await till.story(orderId)).at(-1)).toBe("PaymentFailed");
    expect(told(`payment_never_known:${orderId}`)).toBe(true);
  });
});

describe("news that is late", () => {
  let till: Till;
  beforeAll(async () => { till = await openTill({ PAYMENT_RETRY_SECONDS: "0", PAYMENT_ASK_SECONDS: "1" }); });
  afterAll(() => till.close());
  afterEach(() => { till.provider.keyKeptSeconds = 86_400; });

  it("of a payment that was given up does not end an order that was paid since", async () => {
    const { orderId } = await till.place();
    till.provider.asking = "lags";
    till.provider.fates.push(...Array.from({ length: doubtfulTriesMax }, () => "lost" as const));
    await till.work({ only: chargeConsumer.queue });
    till.provider.keyKeptSeconds = 0;
    await till.askNow();
    till.provider.asking = "answers";
    await till.webhook(till.provider.newsOf(till.provider.taken(orderId)[0]!.reference, "captured"));
    expect(await till.story(orderId)).toEqual(["PaymentUnknown", "PaymentFailed", "PaymentCaptured"]);
    const [failed, captured] = await till.waiting("orders.process");
    await till.handle("orders.process", captured!);
    await till.handle("orders.process", failed!);
    expect(await till.work({ late: true })).toEqual([]);
    expect((await till.order(orderId)).status).toBe("PAID");
    expect(till.provider.taken(orderId)).toMatchObject([{ refundedMinor: 0 }]);
  });

  it("of a refusal does not end an order whose buyer tries again; the next refusal does", async () => {
    const declineThen = async (next: "done" | "declined:no") => {
      const { orderId } = await till.place();
      till.provider.fates.push("declined:insufficient_funds");
      await till.work({ only: chargeConsumer.queue });
      await till.bus.execute(retryPayment, { orderId, payment: { method: "CARD", token: "pm_2" } }, by(customer));
      await till.work({ only: "orders.process" }); // the window of the first no is over by now
      expect((await till.order(orderId)).status).toBe("PLACED");
      till.provider.fates.push(next);
      expect(await till.work()).toEqual([]);
      return (await till.order(orderId)).status;
    };
    expect([await declineThen("done"), await declineThen("declined:no")]).toEqual(["PAID", "CANCELLED"]);
  });
});

describe("what nobody else would move", () => {
  let till: Till;
  beforeAll(async () => { till = await openTill({ PAYMENT_ASK_SECONDS: "1,1,1" }); });
  afterAll(() => till.close());

  it("a charge of another amount leaves its order waiting until the deadline, and is asked after so many times", async () => {
    const { orderId, totalMinor } = await till.place();
    const { authorize } = till.provider;
    till.provider.authorize = async (request) => {
      const result = await authorize.call(till.provider, request);
      Object.assign([...till.provider.charges.values()].at(-1)!, { capturedMinor: totalMinor + 1 });
      return { ...result, amountMinor: totalMinor + 1 } as typeof result;
    };
    expect(await till.work({ only: chargeConsumer.queue })).toEqual([]);
    till.provider.authorize = authorize;
    expect(await till.story(orderId)).toEqual(["PaymentNewsSetAside", "PaymentUnknown"]);
    await till.askNow();
    await till.askNow();
    expect(await till.caseOf(orderId)).toMatchObject({ asked: 2 });
    await till.work({ late: true, only: "orders.payment-window" });
    expect(await till.order(orderId)).toMatchObject({ status: "CANCELLED", cause: "payment_deadline" });
    await till.askNow();
    expect((await till.story(orderId)).at(-1)).toBe("PaymentFailed");
    expect(await till.caseOf(orderId)).toBeNull();
    expect(till.alerts.map(({ key }) => key)).toEqual(expect.arrayContaining([expect.stringMatching(/^payment_differs:/), `payment_never_known:${orderId}`]));
  });

  it("the token of an order that was called off while its charge waited goes with the charge", async () => {
    const { orderId } = await till.place({ payment: { method: "CARD", token: "pm_left" } });
    await till.bus.execute(cancelOrder, { orderId, reason: "too slow", cause: "payment_deadline" }, by(system));
    const [job] = (await till.waiting(chargeConsumer.queue)).filter(({ event }) => event.type === "OrderPlaced" && (event as unknown as { orderId: string }).orderId === orderId);
    await till.handle(chargeConsumer.queue, job!, 9);
    expect(await till.caseOf(orderId)).toBeNull();
    expect(await till.story(orderId)).toEqual([]);
  });

  it("the token goes with a charge that dies, too; one in doubt is left to the janitor", async () => {
    const dieing = async (fate?: "down") => {
      const { orderId } = await till.place({ payment: { method: "CARD", token: "pm_left" } });
      const [job] = (await till.waiting(chargeConsumer.queue)).slice(-1);
      if (fate) till.provider.fates.push(fate);
      if (fate) await till.work({ only: chargeConsumer.queue, tries: 1 });
      await till.bus.execute(cancelOrder, { orderId, reason: "too slow", cause: "payment_deadline" }, by(system));
      till.provider.asking = "down";
      await till.handle(chargeConsumer.queue, job!, 201, true).catch(() => undefined);
      till.provider.asking = "answers";
      return till.caseOf(orderId);
    };
    expect(await dieing()).toBeNull();
    expect(await dieing("down")).toMatchObject({ token: "pm_left" });
  });

  it("an order whose charge died is called off like one whose charge waits", async () => {
    const { orderId } = await till.place();
    await till.shop.pool.query("UPDATE pgboss.job SET state = 'failed', created_on = created_on - interval '1 hour' WHERE name = $1 AND data->>'correlationId' = $2", [chargeConsumer.queue, orderId]);
    await callOffUnpaid(till.bus, till.shop.pool, 1_800);
    expect((await till.order(orderId)).status).toBe("CANCELLED");
  });

  it("orders that may still be paid otherwise do not stand in the way of the deadline of others", async () => {
    const { orderId } = await till.place();
    till.provider.fates.push("declined:insufficient_funds");
    await till.work();
    await till.bus.execute(retryPayment, { orderId, payment: { method: "CARD", token: "pm_2" } }, by(customer));
    await till.shop.pool.query("UPDATE pgboss.job SET created_on = created_on - interval '1 hour' WHERE name = $1 AND data->>'correlationId' = $2", [chargeConsumer.queue, orderId]);
    const asked: unknown[] = [];
    const bus = { execute: (...args: Parameters<typeof till.bus.execute>) => { asked.push(args); return till.bus.execute(...args); } } as typeof till.bus;
    await callOffUnpaid(bus, till.shop.pool, 1_800);
    expect(asked).toEqual([]);
    await till.work();
    expect((await till.order(orderId)).status).toBe("PAID");
  });
});
