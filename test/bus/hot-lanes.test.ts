import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { until } from "../replication/until.js";
import { openShop, order, type Shop, type TestBus } from "./shop.js";

const orders = 400;

describe("a product that everybody wants", () => {
  let shop: Shop;
  let bus: TestBus;
  beforeAll(async () => {
    shop = await openShop();
    await shop.stock({ SALE: 100_000, TEA: 1_000 });
    bus = shop.process({ batchMax: 20, hotLanes: { max: 1, quietMs: 300 } }, { lockTimeoutMs: 30_000, applicationName: "rush" });
  });
  afterAll(() => shop.close());

  /** A rush on SALE in which every fifth order is for TEA; every tenth is a repetition of the one before. */
  const rush = (name: string): Promise<Awaited<ReturnType<typeof order>>>[] => Array.from({ length: orders }, (_, index) =>
    order(bus, index % 5 === 0 ? { TEA: 1 } : { SALE: 1 }, `${name} ${String(index % 10 === 9 ? index - 1 : index)}`));
  const made = orders - orders / 10;
  const connections = async (): Promise<number> => (await shop.pool.query("SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'rush'")).rowCount ?? 0;

  it("gets a lane and a connection of its own: nothing is lost or doubled on the way", async () => {
    const before = await shop.written();
    const outcomes = await Promise.all(rush("first"));
    expect(outcomes.every(({ refusal }) => refusal === null)).toBe(true);
    const after = await shop.written();
    expect([after.orders - before.orders, after.answers - before.answers]).toEqual([made, made]);
    expect(bus.transactions.some(({ lane }) => lane === "hot-1")).toBe(true);
    expect((await shop.stockOf("SALE")).reserved + (await shop.stockOf("TEA")).reserved).toBe(made);
    expect(new Set(outcomes.map(({ commandId }) => commandId)).size).toBe(made);
  });

  it("leaves the others free while somebody holds its row", async () => {
    const burst = rush("second");
    await until("SALE has its lane", async () => bus.hotLanes().length === 1);
    expect(bus.hotLanes()).toMatchObject([{ key: "SALE", lane: "hot-1" }]);
    await until("it has its connection", async () => await connections() === 3);
    const holder = await shop.pool.connect();
    await holder.query("BEGIN");
    await holder.query("SELECT FROM stock_item WHERE sku = 'SALE' FOR UPDATE");
    const late = order(bus, { SALE: 1 });
    let heard = false;
    void late.then(() => { heard = true; });
    // What is left of the rush in the common lane is for TEA only, and so is this.
    expect(await order(bus, { TEA: 1 })).toMatchObject({ refusal: null });
    expect(heard).toBe(false);
    await holder.query("ROLLBACK");
    holder.release();
    expect(await late).toMatchObject({ refusal: null });
    await Promise.all(burst);
  });

  it("gives it back when all is quiet", async () => {
    await Promise.all(rush("third"));
    await until("SALE has its lane no more", async () => bus.hotLanes().length === 0);
    await until("its connection is closed", async () => await connections() === 2);
    expect(await order(bus, { SALE: 1 })).toMatchObject({ refusal: null });
    expect(bus.transactions.at(-1)).toEqual({ lane: "orders", commands: 1 });
  });
});
