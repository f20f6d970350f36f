import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { until } from "../replication/until.js";
import { by, customer, failureOf, openShop, order, placeOrder, type Shop, type TestBus } from "./shop.js";

describe("while a command is on its way", () => {
  let shop: Shop;
  let bus: TestBus;
  let release: (() => Promise<void>) | null = null;
  beforeAll(async () => {
    shop = await openShop();
    await shop.stock({ TEA: 1_000, HELD: 1_000 });
    bus = shop.process({ lanes: [{ name: "orders", connections: 1 }], laneCapacity: 3 });
  });
  afterEach(async () => { await release?.(); });
  afterAll(() => shop.close());

  /** Keeps the stock of HELD to itself, so that who orders it is under way until the release. */
  async function hold(): Promise<void> {
    const client = await shop.pool.connect();
    await client.query("BEGIN");
    await client.query("SELECT FROM stock_item WHERE sku = 'HELD' FOR UPDATE");
    release = async () => {
      release = null;
      await client.query("ROLLBACK");
      client.release();
    };
  }
  const underWay = (): Promise<void> => until("the batch waits for the row", async () => (await shop.pool.query(
    "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")).rowCount === 1);
  const orderTea = (key: string, signal: AbortSignal) =>
    bus.execute(placeOrder, { customerId: customer.id, lines: [{ sku: "TEA", quantity: 1 }] }, { ...by(customer, key), signal });

  it("a second click hears the answer of the first, and takes no place in the queue", async () => {
    await hold();
    const first = order(bus, { HELD: 1 }, "click");
    await underWay();
    const again = [order(bus, { HELD: 1 }, "click"), order(bus, { HELD: 1 }, "click")];
    expect(bus.waiting()).toEqual({ orders: 0 });
    const before = bus.transactions.length;
    await release?.();
    const outcome = await first;
    expect(outcome).toMatchObject({ refusal: null, replayed: false });
    expect(await Promise.all(again)).toEqual([{ ...outcome, replayed: true }, { ...outcome, replayed: true }]);
    expect(bus.transactions.slice(before)).toEqual([{ lane: "orders", commands: 1 }]);
  });

  it("another wish under its key goes its own way", async () => {
    await hold();
    const first = order(bus, { HELD: 1 }, "two wishes");
    await underWay();
    const other = failureOf(order(bus, { HELD: 2 }, "two wishes"));
    expect(bus.waiting()).toEqual({ orders: 1 });
    await release?.();
    expect([(await first).refusal, await other]).toEqual([null, "IDEMPOTENCY_KEY_REUSED"]);
  });

  it("only so many clicks wait for it", async () => {
    await hold();
    const click = () => order(bus, { HELD: 1 }, "angry");
    const first = click();
    await underWay();
    const heard = [click(), click(), click()];
    expect(await failureOf(click())).toBe("OVERLOADED");
    await release?.();
    expect(await Promise.all([first, ...heard])).toMatchObject(Array.from({ length: 4 }, () => ({ refusal: null })));
    expect(await click()).toMatchObject({ replayed: true });
  });

  it("what nobody waits for any more is left out, and makes room", async () => {
    await hold();
    const before = await shop.written();
    const first = order(bus, { HELD: 1 });
    await underWay();
    const gone = new AbortController();
    const leaving = Array.from({ length: 3 }, (_, index) => failureOf(orderTea(`gone ${String(index)}`, gone.signal)));
    expect(await failureOf(order(bus, { TEA: 1 }))).toBe("OVERLOADED");
    gone.abort();
    expect(await Promise.all(leaving)).toEqual(["DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"]);
    const last = order(bus, { TEA: 1 });
    await release?.();
    expect([(await first).refusal, (await last).refusal]).toEqual([null, null]);
    const after = await shop.written();
    expect([after.orders - before.orders, after.answers - before.answers]).toEqual([2, 2]);
    expect(await failureOf(orderTea("too late", gone.signal))).toBe("DEADLINE_EXCEEDED");
  });

  it("it is done for whoever stays", async () => {
    await hold();
    const first = order(bus, { HELD: 1 });
    await underWay();
    const gone = new AbortController();
    const left = failureOf(orderTea("shared", gone.signal));
    const stays = order(bus, { TEA: 1 }, "shared");
    gone.abort();
    expect(await left).toBe("DEADLINE_EXCEEDED");
    await release?.();
    expect([(await first).refusal, (await stays).refusal]).toEqual([null, null]);
  });

  it("once begun it is answered, whoever has gone", async () => {
    await hold();
    const gone = new AbortController();
    const begun = bus.execute(placeOrder, { customerId: customer.id, lines: [{ sku: "HELD", quantity: 1 }] }, { ...by(customer, "begun"), signal: gone.signal });
    await underWay();
    gone.abort();
    await release?.();
    expect(await begun).toMatchObject({ refusal: null, replayed: false });
  });
});
