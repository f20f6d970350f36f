import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { chargeConsumer, doubtfulTriesMax } from "../../src/commands/payments/charge.job.js";
import { janitorRounds } from "../../src/commands/payments/janitor.job.js";
import { openTill, type Till } from "./till.js";

describe("asking after payments in doubt", () => {
  let till: Till;
  beforeAll(async () => { till = await openTill({ PAYMENT_ASK_SECONDS: "300,3600,86400" }); });
  afterAll(() => till.close());
  afterEach(() => { Object.assign(till.provider, { asking: "answers", keyKeptSeconds: 86_400 }); till.provider.fates.length = 0; });

  /** An order whose charge was tried often and whose outcome nobody knows: its job is done. */
  const doubtful = async (fate: "lost" | "down") => {
    const placed = await till.place();
    till.provider.asking = "lags";
    till.provider.fates.push(...Array.from({ length: doubtfulTriesMax + 1 }, () => fate));
    expect(await till.work({ only: chargeConsumer.queue })).toEqual([]);
    till.provider.fates.length = 0;
    till.provider.asking = "answers";
    expect((await till.payment(placed.orderId)).status).toBe("UNKNOWN");
    return placed;
  };

  it("is the janitor's when the job has tried often enough; it is asked after five minutes", async () => {
    const { orderId, totalMinor } = await doubtful("lost");
    const { rows } = await till.shop.pool.query("SELECT round(extract(epoch FROM ask_at - (SELECT recorded_at FROM event_log WHERE type = 'PaymentUnknown' AND data->>'orderId' = order_id)))::int AS wait FROM payment_case WHERE order_id = $1", [orderId]);
    expect(rows).toEqual([{ wait: 300 }]);
    await janitorRounds(till.jobs)();
    expect((await till.payment(orderId)).status).toBe("UNKNOWN"); // not due yet
    await till.askNow();
    await till.work();
    expect(await till.story(orderId)).toEqual(["PaymentUnknown", "PaymentCaptured"]);
    expect((await till.order(orderId)).status).toBe("PAID");
    expect(till.provider.taken(orderId).map(({ capturedMinor }) => capturedMinor)).toEqual([totalMinor]);
  });

  it("tries what the provider never heard of again, with the same key and the buyer's token", async () => {
    const placed = await till.place({ payment: { method: "CARD", token: "pm_kept" } });
    till.provider.fates.push("down");
    await till.work({ only: chargeConsumer.queue, tries: 1 });
    expect((await till.caseOf(placed.orderId))?.token).toBe("pm_kept");
    till.provider.tokens.length = 0;
    await till.askNow();
    await till.work();
    expect(till.provider.tokens).toEqual(["pm_kept"]);
    expect((await till.order(placed.orderId)).status).toBe("PAID");
    expect(till.provider.taken(placed.orderId)).toHaveLength(1);
  });

  it("waits on where the key is forgotten, and in the end gives up and calls a person", async () => {
    const { orderId } = await doubtful("down");
    till.provider.keyKeptSeconds = 0;
    till.provider.calls.length = 0;
    await till.askNow();
    await till.askNow();
    expect(await till.caseOf(orderId)).toMatchObject({ asked: 2 });
    await till.askNow();
    expect(await till.story(orderId)).toEqual(["PaymentUnknown", "PaymentFailed"]);
    expect(till.provider.calls).toEqual(["find", "find", "find"]);
    expect(till.alerts.map(({ key }) => key)).toContain(`payment_never_known:${orderId}`);
    await till.work();
    expect(await till.order(orderId)).toMatchObject({ status: "CANCELLED", cause: "payment" });
    expect(await till.caseOf(orderId)).toBeNull();
  });

  it("does not charge for an order that was called off meanwhile", async () => {
    const { orderId } = await doubtful("down");
    await till.work({ late: true, only: "orders.payment-window" });
    expect(await till.order(orderId)).toMatchObject({ status: "CANCELLED", cause: "payment_deadline" });
    await till.askNow();
    expect(till.provider.taken(orderId)).toEqual([]);
    expect(await till.caseOf(orderId)).toMatchObject({ asked: 1 });
    await till.askNow();
    await till.askNow();
    expect(await till.story(orderId)).toEqual(["PaymentUnknown", "PaymentFailed"]);
    expect(till.alerts.map(({ key }) => key)).not.toContain(`payment_never_known:${orderId}`); // nothing is missing
  });

  it("counts no asking that nobody answered", async () => {
    const { orderId } = await doubtful("lost");
    till.provider.asking = "down";
    await expect(till.askNow()).rejects.toThrow("nobody answers");
    expect(await till.caseOf(orderId)).toMatchObject({ asked: 0 });
    till.provider.asking = "answers";
    await till.askNow();
    expect((await till.payment(orderId)).status).toBe("CAPTURED");
  });

  it("is done once by many janitors at once", async () => {
    const orders = [];
    for (let count = 0; count < 6; count += 1) orders.push(await doubtful("lost"));
    await till.shop.pool.query("UPDATE payment_case SET ask_at = now() WHERE ask_at IS NOT NULL");
    till.provider.calls.length = 0;
    await Promise.all(Array.from({ length: 4 }, () => janitorRounds(till.jobs)()));
    for (const { orderId } of orders) expect(await till.story(orderId)).toEqual(["PaymentUnknown", "PaymentCaptured"]);
    expect(till.provider.counted("find")).toBeLessThanOrEqual(7); // one for each, and one that an earlier test left
  });
});
