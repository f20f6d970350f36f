import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { clientConfig, withClient } from "../../src/platform/postgres/connection.js";
import { until } from "../replication/until.js";
import { openFaultProxy, type CommitFault, type FaultProxy } from "./fault-proxy.js";
import { failureOf, openShop, order, type Shop, type TestBus } from "./shop.js";

const faults: readonly CommitFault[] = ["before the server sees it", "after the server has done it"];

describe("a connection that is lost", () => {
  let shop: Shop;
  let proxy: FaultProxy;
  let bus: TestBus;
  /** Gives up after a moment. */
  let impatient: TestBus;
  beforeAll(async () => {
    shop = await openShop();
    await shop.stock({ TEA: 100_000 });
    proxy = await openFaultProxy(shop.primary.appUrl);
    bus = shop.process({}, { url: proxy.url });
    impatient = shop.process({ inDoubtWaitMs: 200 }, { url: proxy.url });
  });
  afterEach(() => { proxy.comeBack(); });
  afterAll(async () => {
    await shop.close();
    await proxy.close();
  });

  /** Runs `work` and says how many orders it made; the stock must say the same. */
  async function made(work: () => Promise<unknown>): Promise<number> {
    const before = { ...await shop.written(), ...await shop.stockOf("TEA") };
    await work();
    const after = { ...await shop.written(), ...await shop.stockOf("TEA") };
    expect(after.reserved - before.reserved).toBe(after.orders - before.orders);
    expect(after.answers - before.answers).toBe(after.orders - before.orders);
    expect(after.jobs - before.jobs).toBe(after.orders - before.orders);
    return after.orders - before.orders;
  }

  describe.each(faults)("at COMMIT, %s", (fault) => {
    it("is no failure to the caller, and there is one order", async () => {
      proxy.cutAtCommit(fault);
      expect(await made(async () => {
        const outcome = await order(bus, { TEA: 1 }, `one ${fault}`);
        expect(outcome).toMatchObject({ refusal: null, replayed: fault === "after the server has done it" });
        expect(await order(bus, { TEA: 1 }, `one ${fault}`)).toEqual({ ...outcome, replayed: true });
      })).toBe(1);
      await proxy.cutMade();
    });

    it("is no failure to any caller of its batch", async () => {
      proxy.cutAtCommit(fault);
      expect(await made(async () => {
        const outcomes = await Promise.all(Array.from({ length: 100 }, (_, index) => order(bus, { TEA: 1 }, `many ${fault} ${String(index % 50)}`)));
        expect(outcomes.every(({ refusal }) => refusal === null)).toBe(true);
      })).toBe(50);
      await proxy.cutMade();
    });

    it("leaves the order in doubt where the primary stays away, until the key is sent again", async () => {
      proxy.cutAtCommit(fault, { andStayDown: true });
      expect(await made(async () => {
        expect(await failureOf(order(impatient, { TEA: 1 }, `doubt ${fault}`))).toBe("IN_DOUBT");
        proxy.comeBack();
        const outcome = await order(impatient, { TEA: 1 }, `doubt ${fault}`);
        expect(outcome).toMatchObject({ refusal: null, replayed: fault === "after the server has done it" });
      })).toBe(1);
    });
  });

  describe("at COMMIT, and somebody holds the row when the primary is back", () => {
    it.each(faults)("leaves the order in doubt unless its answer is there: %s", async (fault) => {
      const hasty = shop.process({}, { url: proxy.url, lockTimeoutMs: 200 });
      const key = `held ${fault}`;
      const held = await shop.pool.connect();
      proxy.cutAtCommit(fault, { andStayDown: true });
      expect(await made(async () => {
        const first = order(hasty, { TEA: 1 }, key).then(({ replayed }) => (replayed ? "replayed" : "new"), (error: unknown) => error);
        await proxy.cutMade();
        await held.query("BEGIN");
        await held.query("SELECT FROM stock_item WHERE sku = 'TEA' FOR UPDATE");
        proxy.comeBack();
        const answer = await first;
        if (fault === "before the server sees it") {
          expect(answer).toMatchObject({ code: "IN_DOUBT", options: { retryAfterSeconds: 2 } });
          expect(String(answer)).toMatch(/Repeat with the same key/);
          expect(String(answer)).not.toMatch(/[Nn]othing was written/);
        } else expect(answer).toBe("replayed");
        // A key that was never sent before has nothing that could be in doubt.
        expect(await failureOf(order(hasty, { TEA: 1 }, `new ${key}`))).toBe("UNAVAILABLE");
        await held.query("ROLLBACK");
        expect(await order(hasty, { TEA: 1 }, key)).toMatchObject({ refusal: null, replayed: fault === "after the server has done it" });
      })).toBe(1);
      held.release();
    });
  });

  it("before it was begun is a typed failure, and nothing is written", async () => {
    proxy.goDown();
    expect(await made(async () => {
      const failures = await Promise.all(Array.from({ length: 10 }, (_, index) => failureOf(order(impatient, { TEA: 1 }, `away ${String(index)}`))));
      expect(new Set(failures)).toEqual(new Set(["UNAVAILABLE"]));
    })).toBe(0);
    proxy.comeBack();
    expect(await made(() => order(impatient, { TEA: 1 }, "away 0"))).toBe(1);
  });

  it("comes back by itself within the wait, and nobody hears of it", async () => {
    proxy.goDown();
    expect(await made(async () => {
      const taken = order(bus, { TEA: 1 });
      expect(await failureOf(order(impatient, { TEA: 1 }))).toBe("UNAVAILABLE"); // as long as that it stayed away
      proxy.comeBack();
      expect(await taken).toMatchObject({ refusal: null });
    })).toBe(1);
  });

  it("is given up when the server says nothing any more", async () => {
    const deaf = shop.process({ inDoubtWaitMs: 100, connection: { ...clientConfig({ url: proxy.url, connectTimeoutMs: 200 }), query_timeout: 300 } });
    await order(deaf, { TEA: 1 });
    proxy.goSilent();
    expect(await made(async () => { expect(await failureOf(order(deaf, { TEA: 1 }, "silence"))).toBe("UNAVAILABLE"); })).toBe(0);
    proxy.comeBack();
    expect(await made(() => order(deaf, { TEA: 1 }, "silence"))).toBe(1);
  });

  it("because its login is refused is not the command's fault", async () => {
    const url = new URL(shop.primary.appUrl);
    url.password = "wrong";
    const locked = shop.process({ inDoubtWaitMs: 50 }, { url: url.href });
    expect(await failureOf(order(locked, { TEA: 1 }))).toBe("UNAVAILABLE");
  });

  it("again and again under load fails no order, loses none and doubles none", async () => {
    const twin = shop.process({}, { applicationName: "millrace twin" });
    const cutDown = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'millrace twin' AND state <> 'idle'`;
    let sent = 0;
    let cuts = 0;
    const buy = async (): Promise<void> => {
      while (cuts < 6) {
        sent += 1;
        expect(await order(twin, { TEA: 1 })).toMatchObject({ refusal: null });
      }
    };
    const orders = await made(() => withClient({ url: shop.primary.adminUrl }, async (admin) => {
      const buyers = Promise.all(Array.from({ length: 200 }, buy));
      while (cuts < 6) {
        await until("a transaction was cut down", async () => ((await admin.query(cutDown)).rowCount ?? 0) > 0);
        cuts += 1;
      }
      await buyers;
    }));
    expect(orders).toBe(sent);
    expect(await order(twin, { TEA: 1 })).toMatchObject({ refusal: null });
  });
});
