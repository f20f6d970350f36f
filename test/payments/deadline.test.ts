import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { callOffUnpaid } from "../../src/commands/orders/payment-deadline.job.js";
import { chargeConsumer } from "../../src/commands/payments/charge.job.js";
import { openTill, type Till } from "./till.js";

describe("the deadline of a payment", () => {
  let till: Till;
  beforeAll(async () => { till = await openTill(); });
  afterAll(() => till.close());

  const callOff = (deadlineSeconds: number) => callOffUnpaid(till.bus, till.shop.pool, deadlineSeconds);
  const age = (orderId: string) => till.shop.pool.query("UPDATE pgboss.job SET created_on = created_on - interval '1 hour' WHERE name = $1 AND data->>'correlationId' = $2", [chargeConsumer.queue, orderId]);

  it("calls an order off whose charge was never made, and frees its units; others are left alone", async () => {
    const [late, early] = [await till.place({ sku: "CUP" }), await till.place()];
    await age(late.orderId);
    await callOff(1_800);
    expect(await till.order(late.orderId)).toMatchObject({ status: "CANCELLED", cause: "payment_deadline" });
    expect((await till.order(early.orderId)).status).toBe("PLACED");
    expect((await till.shop.stockOf("CUP")).reserved).toBe(0);
    expect(await till.work()).toEqual([]);
    expect(till.provider.taken(late.orderId)).toEqual([]);
    expect((await till.order(early.orderId)).status).toBe("PAID");
  });

  it("leaves an order alone that is paid, whatever became of its job", async () => {
    const { orderId } = await till.place();
    await till.work();
    await till.shop.pool.query("UPDATE pgboss.job SET state = 'created' WHERE name = $1 AND data->>'correlationId' = $2", [chargeConsumer.queue, orderId]);
    await age(orderId);
    await callOff(1_800);
    expect((await till.order(orderId)).status).toBe("PAID");
  });

  it("brings money that came all the same back to its order where the units are free, and gives it back where they are not", async () => {
    const orders = [];
    for (const isTaken of [false, true]) {
      const placed = await till.place({ sku: "CUP" });
      till.provider.fates.push("lost");
      await till.work({ only: chargeConsumer.queue, tries: 1 });
      await age(placed.orderId);
      await callOff(1_800);
      const other = isTaken ? await till.place({ sku: "CUP" }) : null;
      expect(await till.work()).toEqual([]);
      orders.push({ ...placed, other });
      if (!isTaken) {
        expect((await till.order(placed.orderId)).status).toBe("PAID");
        await till.shop.stock({ CUP: 1 });
      }
    }
    const [first, second] = orders;
    expect(till.provider.taken(first!.orderId).map(({ refundedMinor }) => refundedMinor)).toEqual([0]);
    expect((await till.order(second!.orderId)).status).toBe("CANCELLED");
    expect(till.provider.taken(second!.orderId).map(({ refundedMinor }) => refundedMinor)).toEqual([second!.totalMinor]);
    expect((await till.order(second!.other!.orderId)).status).toBe("PAID");
  });
});
