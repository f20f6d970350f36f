import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import pg from "pg";
import { cancelOrder } from "../../src/commands/orders/cancel-order.js";
import type { SystemError } from "../../src/platform/errors.js";
import { clientConfig } from "../../src/platform/postgres/connection.js";
import { until } from "../replication/until.js";
import { by, customer, openShop, order, type Shop, type TestBus } from "./shop.js";

const lockTimeoutMs = 300;
const hold = "SELECT FROM stock_item WHERE sku = 'HELD' FOR UPDATE";

describe("while somebody holds a stock row", () => {
  let shop: Shop;
  let bus: TestBus;
  beforeAll(async () => {
    shop = await openShop();
    bus = shop.process({ lanes: [{ name: "orders", connections: 1 }] }, { lockTimeoutMs });
    await shop.stock({ TEA: 100, CUP: 100, HELD: 100 });
  });
  afterAll(() => shop.close());

  it("the others of the batch go through, and who needs it hears that it can be repeated", async () => {
    const paused = await shop.pool.connect();
    await paused.query("BEGIN");
    await paused.query(hold);
    const before = await shop.written();
    const [tea, held, both, cup, unknown] = await Promise.allSettled([
      order(bus, { TEA: 1 }), order(bus, { HELD: 1 }, "held"), order(bus, { CUP: 1, HELD: 1 }), order(bus, { CUP: 1 }), order(bus, { NONE: 1 }),
    ]);
    expect([tea, cup]).toMatchObject(Array.from({ length: 2 }, () => ({ status: "fulfilled", value: { refusal: null } })));
    expect(unknown).toMatchObject({ value: { refusal: { code: "UNKNOWN_PRODUCT" } } }); // what is not there is not held
    for (const one of [held, both]) {
      const { reason } = one as { reason: SystemError };
      expect([reason.code, reason.options.retryAfterSeconds]).toEqual(["UNAVAILABLE", 2]);
    }
    const after = await shop.written();
    expect([after.orders - before.orders, after.answers - before.answers]).toEqual([2, 3]);
    await paused.query("ROLLBACK");
    paused.release();
    expect(await order(bus, { HELD: 1 }, "held")).toMatchObject({ refusal: null, replayed: false });
    expect(await shop.stockOf("CUP")).toMatchObject({ reserved: 1 });
  });

  it("a short while is waited for", async () => {
    const paused = await shop.pool.connect();
    await paused.query("BEGIN");
    await paused.query(hold);
    const patient = shop.process({}, { lockTimeoutMs: 10_000 });
    const waiting = order(patient, { HELD: 1 });
    await until("the order waits for the row", async () => (await shop.pool.query(
      "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")).rowCount === 1);
    await paused.query("COMMIT");
    paused.release();
    expect(await waiting).toMatchObject({ refusal: null });
  });

  it("and does nothing, the server ends its transaction and the row is free", async () => {
    const paused = new pg.Client(clientConfig({ url: shop.primary.appUrl, idleInTransactionTimeoutMs: 200 }));
    const said: string[] = [];
    paused.on("error", ({ message }) => said.push(message)); // its reason, and that the connection is gone
    await paused.connect();
    await paused.query("BEGIN");
    await paused.query(hold);
    const patient = shop.process({}, { lockTimeoutMs: 10_000 });
    expect(await order(patient, { HELD: 1 })).toMatchObject({ refusal: null });
    await until("its connection is gone", async () => said.some((message) => message.includes("Connection terminated")));
    expect(said[0]).toMatch(/idle-in-transaction/);
  });

  it("or a stream, only the commands on that stream are turned away", async () => {
    const [one, other] = await Promise.all([order(bus, { TEA: 1 }), order(bus, { TEA: 1 })]);
    const paused = await shop.pool.connect();
    await paused.query("BEGIN");
    await paused.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [`order-${one.commandId}`]);
    const before = await shop.stockOf("TEA");
    const cancel = (orderId: string) => bus.execute(cancelOrder, { orderId, reason: "" }, by(customer, `cancel ${orderId}`));
    const settled = await Promise.allSettled([cancel(one.commandId), cancel(other.commandId)]);
    expect(settled).toMatchObject([{ reason: { code: "UNAVAILABLE" } }, { value: { refusal: null } }]);
    expect((await shop.stockOf("TEA")).reserved).toBe(before.reserved - 1);
    await paused.query("ROLLBACK");
    paused.release();
    expect(await cancel(one.commandId)).toMatchObject({ refusal: null, replayed: false });
    expect((await shop.stockOf("TEA")).reserved).toBe(before.reserved - 2);
  });
});
