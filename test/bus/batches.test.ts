import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { noticesConsumer } from "../../src/commands/notices/notices.job.js";
import { chargeConsumer } from "../../src/commands/payments/charge.job.js";
import { retryPayment } from "../../src/commands/payments/retry-payment.js";
import { upsertProducts } from "../../src/commands/catalog/upsert-products.js";
import { cancelOrder } from "../../src/commands/orders/cancel-order.js";
import { orderStream } from "../../src/commands/orders/order.decider.js";
import { defineCommand } from "../../src/kernel/command.js";
import { defineConsumer } from "../../src/kernel/consumer.js";
import { jobIdFor } from "../../src/kernel/ids.js";
import { consumers } from "../../src/cli/consumers.js";
import { SystemError } from "../../src/platform/errors.js";
import { by, openShop, operator, order, productOf, type Shop } from "./shop.js";

const broken = defineCommand<{ readonly how: "throws" | "writes in silence" | "names too little" }, Record<string, never>>({
  name: "broken",
  needs: () => ({}),
  decide({ how }, unit) {
    if (how === "names too little") unit.state(orderStream, "unnamed");
    if (how === "throws") throw new TypeError("undefined is not a function");
    unit.put({ table: "product", rank: 1, loadSql: "", saveSql: "SELECT 1", key: () => "k" }, {});
    return {};
  },
});

const skus = Array.from({ length: 50 }, (_, index) => `SKU-${String(index)}`);
const allOf = (quantity: number): Record<string, number> => Object.fromEntries(skus.map((sku) => [sku, quantity]));

describe("a batch", () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
    await shop.stock({ ...allOf(1_000), TEA: 10_000 });
  });
  afterAll(() => shop.close());

  it("is one transaction for one command, and a few for five hundred", async () => {
    const bus = shop.process();
    await order(bus, { TEA: 1 });
    expect(bus.transactions).toEqual([{ lane: "orders", commands: 1 }]);
    await Promise.all(Array.from({ length: 500 }, () => order(bus, { TEA: 1 })));
    const sizes = bus.transactions.slice(1).map(({ commands }) => commands);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(500);
    expect(sizes.length).toBeLessThanOrEqual(4);
  });

  it("is cut by its weight: a few large commands go by themselves", async () => {
    const bus = shop.process({ lanes: [{ name: "commands", connections: 1 }] });
    const products = Array.from({ length: 500 }, (_, index) => productOf(`HEAVY-${String(index)}`));
    // Ten thousand streams in one transaction would be more locks than the server has room for.
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => bus.execute(upsertProducts, { products }, by(operator))));
    expect(outcomes.every(({ refusal }) => refusal === null)).toBe(true);
    expect(Math.max(...bus.transactions.map(({ commands }) => commands))).toBeLessThanOrEqual(3);
    expect((await shop.pool.query("SELECT FROM event_log WHERE stream_id LIKE 'product-HEAVY-%'")).rowCount).toBe(500);
  });

  it("writes each event's jobs with it: one a consumer, its id made of event and queue", async () => {
    const bus = shop.process({ consumers: [...consumers, defineConsumer({ queue: "payments.refund", on: ["OrderPlaced"], delaySeconds: () => 30 }), defineConsumer({ queue: "shipping.book", on: ["OrderPlaced"], when: () => false })] });
    const { commandId } = await order(bus, { TEA: 1 });
    const { rows: [event] } = await shop.pool.query<{ event_id: string }>("SELECT event_id FROM event_log WHERE stream_id = $1", [`order-${commandId}`]);
    const { rows } = await shop.pool.query("SELECT id, name, data, start_after > now() + interval '20 s' AS later FROM pgboss.job WHERE data->>'correlationId' = $1 ORDER BY name", [commandId]);
    const data = { streamId: `order-${commandId}`, version: 1, correlationId: commandId };
    expect(rows).toEqual([noticesConsumer.queue, chargeConsumer.queue, "payments.refund"].map((queue) => ({
      id: jobIdFor(event?.event_id ?? "", queue), name: queue, data, later: queue === "payments.refund",
    })));
  });

  it("answers with the position of its last event, and so do its repetitions", async () => {
    const bus = shop.process({ lanes: [{ name: "orders", connections: 1 }] });
    const outcomes = await Promise.all(Array.from({ length: 5 }, (_, index) => order(bus, { TEA: 1 }, `positions ${String(index)}`)));
    const { rows: [last] } = await shop.pool.query<{ position: string }>("SELECT max(position)::text AS position FROM event_log WHERE stream_id = ANY($1)", [outcomes.map(({ commandId }) => `order-${commandId}`)]);
    expect(outcomes.map(({ position }) => position)).toEqual(Array.from({ length: 5 }, () => last?.position));
    await order(bus, { TEA: 1 });
    expect(await order(bus, { TEA: 1 }, "positions 0")).toEqual({ ...outcomes[0], replayed: true });
  });

  it("answers a command that has nothing to say with its stream's head", async () => {
    const bus = shop.process();
    const first = await bus.execute(upsertProducts, { products: [productOf("HEAD")] }, by(operator));
    await order(bus, { TEA: 1 });
    expect((await bus.execute(upsertProducts, { products: [productOf("HEAD")] }, by(operator))).position).toBe(first.position);
  });

  it("answers of somebody else's order what it answers of none", async () => {
    const bus = shop.process();
    const { commandId } = await order(bus, { TEA: 1 });
    const stranger = { role: "customer", id: "c2" } as const;
    for (const ask of [
      (orderId: string, key: string) => bus.execute(cancelOrder, { orderId, reason: "mine?" }, by(stranger, key)),
      (orderId: string, key: string) => bus.execute(retryPayment, { orderId, payment: { method: "CARD", token: null } }, by(stranger, key)),
    ]) {
      const key = `stranger ${ask.toString()}`;
      const { commandId: _own, ...ofNone } = await ask("no-such-order", `${key} none`);
      expect(ofNone).toMatchObject({ refusal: { code: "ORDER_UNKNOWN" }, position: "0" });
      expect(await ask(commandId, key)).toMatchObject(ofNone);
      expect(await ask(commandId, key)).toMatchObject({ ...ofNone, replayed: true });
    }
  });

  it("fails only what is poisoned", async () => {
    const bus = shop.process();
    const before = await shop.written();
    const name = (index: number): string => (index === 17 ? "Tea\u0000" : index === 41 ? "Tea \ud800" : "Tea");
    const settled = await Promise.allSettled(Array.from({ length: 50 }, (_, index) =>
      bus.execute(upsertProducts, { products: [{ ...productOf(`P-${String(index)}`), name: name(index) }] }, by(operator, `poison ${String(index)}`))));
    expect(settled.flatMap(({ status }, index) => (status === "rejected" ? [index] : []))).toEqual([17, 41]);
    const after = await shop.written();
    expect(after.events - before.events).toBe(48);
    expect(after.answers - before.answers).toBe(48); // a bug is not kept: mended, the same key works
    expect((await shop.pool.query("SELECT FROM stock_item WHERE sku = ANY($1)", [["P-17", "P-41"]])).rowCount).toBe(0);
    expect(await bus.execute(upsertProducts, { products: [productOf("P-17")] }, by(operator, "poison 17"))).toMatchObject({ refusal: null, replayed: false });
  });

  it("fails only the command that has a bug, and keeps nothing of it", async () => {
    const bus = shop.process({ lanes: [{ name: "orders", connections: 1 }, { name: "commands", connections: 1 }] });
    const before = await shop.written();
    const send = (how: "throws" | "writes in silence" | "names too little") => bus.execute(broken, { how }, by(operator, how));
    const settled = await Promise.allSettled([
      send("throws"), send("writes in silence"), send("names too little"),
      bus.execute(upsertProducts, { products: [productOf("BESIDE")] }, by(operator)),
    ]);
    expect(settled.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected", "fulfilled"]);
    expect(settled[0]).toMatchObject({ reason: { name: "TypeError" } });
    const after = await shop.written();
    expect([after.events - before.events, after.answers - before.answers]).toEqual([1, 1]);
    await expect(send("throws")).rejects.toThrow(TypeError); // decided again, not replayed
  });

  it("turns away what does not fit in its lane, with a wait, and begins nothing of it", async () => {
    const bus = shop.process({ laneCapacity: 10, batchMax: 5 });
    const before = await shop.written();
    const settled = await Promise.allSettled(Array.from({ length: 50 }, () => order(bus, { TEA: 1 })));
    const rejected = settled.flatMap((one) => (one.status === "rejected" ? [one.reason as SystemError] : []));
    expect(rejected).toHaveLength(40);
    for (const error of rejected) {
      expect(error.code).toBe("OVERLOADED");
      expect(error.options.retryAfterSeconds).toBeGreaterThanOrEqual(1);
    }
    const after = await shop.written();
    expect([after.events - before.events, after.answers - before.answers]).toEqual([10, 10]);
    expect(bus.waiting()).toEqual({ orders: 0, commands: 0, invoices: 0 });
  });

  it("of one lane does not wait for another's", async () => {
    const bus = shop.process({ laneCapacity: 1 });
    const orders = Promise.allSettled([order(bus, { TEA: 1 }), order(bus, { TEA: 1 })]);
    expect(await bus.execute(upsertProducts, { products: [productOf("LANE")] }, by(operator))).toMatchObject({ refusal: null });
    expect((await orders).map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    await expect(bus.execute({ ...broken, lane: "nowhere" }, { how: "throws" }, by(operator))).rejects.toThrow("unknown lane");
  });

  it("of orders that share their products in opposite order never meets a deadlock", async () => {
    const buses = [shop.process(), shop.process()];
    const before = await shop.stockOf("SKU-0");
    const outcomes = await Promise.all(Array.from({ length: 200 }, (_, index) => {
      const mine = index % 2 === 0 ? skus : skus.toReversed();
      return order(buses[index % 2]!, Object.fromEntries(mine.slice(0, 2 + (index % 49)).map((sku) => [sku, 1])));
    }));
    expect(outcomes.every(({ refusal, replayed }) => refusal === null && !replayed)).toBe(true);
    expect((await shop.stockOf("SKU-0")).reserved).toBeGreaterThan(before.reserved);
    const { rows } = await shop.pool.query<{ deadlocks: string }>("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()");
    expect(rows[0]?.deadlocks).toBe("0");
    // What the events say is what the rows say.
    const { rows: wrong } = await shop.pool.query(`
      SELECT i.sku FROM stock_item i JOIN (
        SELECT f->>'sku' AS sku, sum((f->>'reservedDelta')::bigint) AS reserved, sum((f->>'onHandDelta')::bigint) AS on_hand, count(*) AS changes
        FROM event_log, jsonb_array_elements(data::jsonb->'stock') f WHERE data::jsonb ? 'stock' GROUP BY 1
      ) e USING (sku) WHERE (i.reserved, i.on_hand, i.version) IS DISTINCT FROM (e.reserved, e.on_hand, e.changes)`);
    expect(wrong).toEqual([]);
  });

  it("of two processes sells the last unit once, whoever repeats after OVERLOADED", async () => {
    await shop.stock({ LAST: 1 });
    const buses = [shop.process({ laneCapacity: 60, batchMax: 20 }), shop.process({ laneCapacity: 60, batchMax: 20 })];
    let overloaded = 0;
    const buy = async (buyer: number): Promise<string> => {
      for (;;) {
        try {
          const { refusal } = await order(buses[buyer % 2]!, { LAST: 1 }, `buyer ${String(buyer)}`);
          return refusal?.code ?? "taken";
        } catch (error) {
          if (!(error instanceof SystemError) || error.code !== "OVERLOADED") throw error;
          overloaded += 1;
          await new Promise((resolve) => { setTimeout(resolve, 1 + Math.random() * 20); }); // a buyer's pause
        }
      }
    };
    const answers = await Promise.all(Array.from({ length: 1_000 }, (_, buyer) => buy(buyer)));
    expect(answers.filter((answer) => answer === "taken")).toHaveLength(1);
    expect(answers.filter((answer) => answer === "OUT_OF_STOCK")).toHaveLength(999);
    expect(overloaded).toBeGreaterThan(0);
    expect(await shop.stockOf("LAST")).toEqual({ onHand: 1, reserved: 1, version: 2 });
  });

  it("is finished before the bus is closed", async () => {
    const bus = shop.process();
    const orders = Promise.all(Array.from({ length: 20 }, () => order(bus, { TEA: 1 })));
    await bus.close();
    expect((await orders).every(({ refusal }) => refusal === null)).toBe(true);
  });

});
