import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { receiveStock } from "../../src/commands/inventory/receive-stock.js";
import { upsertProducts } from "../../src/commands/catalog/upsert-products.js";
import { cancelOrder } from "../../src/commands/orders/cancel-order.js";
import { httpStatusOf } from "../../src/platform/errors.js";
import { by, customer, failureOf, openShop, operator, order, productOf, type Shop, type TestBus } from "./shop.js";

describe("the same command again", () => {
  let shop: Shop;
  let here: TestBus;
  let there: TestBus;
  beforeAll(async () => {
    shop = await openShop();
    here = shop.process();
    there = shop.process();
    await shop.stock({ TEA: 1_000, RARE: 0 });
  });
  afterAll(() => shop.close());

  /** What `work` has added to what is written. */
  async function added(work: () => Promise<unknown>): Promise<{ events: number; answers: number; jobs: number; orders: number }> {
    const before = await shop.written();
    await work();
    const after = await shop.written();
    return { events: after.events - before.events, answers: after.answers - before.answers, jobs: after.jobs - before.jobs, orders: after.orders - before.orders };
  }
  const oneOrder = { events: 1, answers: 1, jobs: 1, orders: 1 };
  const nothing = { events: 0, answers: 0, jobs: 0, orders: 0 };

  /** How two identical commands can meet. */
  const meetings: Readonly<Record<string, (send: (bus: TestBus) => Promise<unknown>) => Promise<unknown[]>>> = {
    "in one batch": (send) => Promise.all([send(here), send(here)]),
    "in two batches": async (send) => {
      const first = send(here);
      // The first batch begins at the end of this turn of the event loop; the second command finds the other connection.
      await new Promise((resolve) => { setImmediate(resolve); });
      return Promise.all([first, send(here)]);
    },
    "in two processes": (send) => Promise.all([send(here), send(there)]),
    "one after the other": async (send) => [await send(here), await send(there)],
  };

  describe.each(Object.entries(meetings))("%s", (how, meet) => {
    it("makes one order and the same answer", async () => {
      const stock = await shop.stockOf("TEA");
      let outcomes: Awaited<ReturnType<typeof order>>[] = [];
      expect(await added(async () => { outcomes = await meet((bus) => order(bus, { TEA: 2 }, `same ${how}`)) as typeof outcomes; })).toEqual(oneOrder);
      const [one, other] = outcomes;
      expect({ ...one, replayed: null }).toEqual({ ...other, replayed: null });
      expect(outcomes.map(({ replayed }) => replayed).sort()).toEqual([false, true]);
      expect(one?.answer?.orderId).toBe(one?.commandId);
      expect((await shop.stockOf("TEA")).reserved).toBe(stock.reserved + 2);
    });

    it("refuses another payload under the same key", async () => {
      let quantity = 0;
      const outcomes: string[] = [];
      expect(await added(async () => {
        await meet((bus) => {
          quantity += 1;
          return order(bus, { TEA: quantity }, `other ${how}`).then(() => outcomes.push("taken"), (error: unknown) => outcomes.push((error as { code: string }).code));
        });
      })).toEqual(oneOrder);
      expect(outcomes.sort()).toEqual(["IDEMPOTENCY_KEY_REUSED", "taken"]);
      expect(httpStatusOf.IDEMPOTENCY_KEY_REUSED).toBe(422);
    });

    it("keeps and repeats a refusal", async () => {
      let outcomes: Awaited<ReturnType<typeof order>>[] = [];
      expect(await added(async () => { outcomes = await meet((bus) => order(bus, { RARE: 1 }, `refused ${how}`)) as typeof outcomes; }))
        .toEqual({ ...nothing, answers: 1 });
      expect(outcomes.map(({ refusal }) => refusal)).toEqual(Array.from({ length: 2 }, () => ({ code: "OUT_OF_STOCK", message: "RARE is sold out.", field: "lines.0.quantity" })));
      expect(outcomes.map(({ replayed }) => replayed).sort()).toEqual([false, true]);
    });
  });

  it("repeats a refusal also when the goods have come meanwhile", async () => {
    await order(here, { RARE: 1 }, "too early");
    await shop.stock({ RARE: 3 });
    expect(await order(here, { RARE: 1 }, "too early")).toMatchObject({ refusal: { code: "OUT_OF_STOCK" }, replayed: true });
    expect(await order(here, { RARE: 1 }, "in time")).toMatchObject({ refusal: null, replayed: false });
  });

  it("finds the rightful repetition though a wrong one came into the batch before it", async () => {
    const first = await order(here, { TEA: 1 }, "mine");
    const [wrong, right] = await Promise.allSettled([order(here, { TEA: 2 }, "mine"), order(here, { TEA: 1 }, "mine")]);
    expect(wrong).toMatchObject({ status: "rejected", reason: { code: "IDEMPOTENCY_KEY_REUSED" } });
    expect(right).toMatchObject({ status: "fulfilled", value: { ...first, replayed: true } });
  });

  it("does not mind the order of fields, and is told apart by principal and command", async () => {
    const lines = [{ sku: "TEA", quantity: 1 }];
    const first = await here.execute(receiveStock, { lines }, by(operator, "shared"));
    expect(await here.execute(receiveStock, { lines: [{ quantity: 1, sku: "TEA" }] }, by(operator, "shared"))).toEqual({ ...first, replayed: true });
    const outcomes = [
      await here.execute(receiveStock, { lines }, by({ role: "operator", id: "another" }, "shared")),
      await here.execute(receiveStock, { lines }, by({ role: "system", id: operator.id }, "shared")),
      await here.execute(upsertProducts, { products: [productOf("TEA")] }, by(operator, "shared")),
    ];
    expect(outcomes.map(({ replayed }) => replayed)).toEqual([false, false, false]);
  });

  describe("after its answer has been pruned", () => {
    const prune = (key: string): Promise<unknown> => order(here, { TEA: 1 }, key).then(({ commandId }) => shop.pool.query("DELETE FROM command_answer WHERE id = $1", [commandId]));

    it("answers with the order that it began, and sets nothing aside again", async () => {
      const first = await order(here, { TEA: 2 }, "old");
      await shop.pool.query("DELETE FROM command_answer WHERE id = $1", [first.commandId]);
      const stock = await shop.stockOf("TEA");
      expect(await added(async () => { expect(await order(there, { TEA: 2 }, "old")).toEqual(first); })).toEqual({ ...nothing, answers: 1 });
      expect(await shop.stockOf("TEA")).toEqual(stock);
    });

    it("is refused with another payload", async () => {
      await prune("old, other");
      expect(await added(async () => { expect(await failureOf(order(there, { TEA: 2 }, "old, other"))).toBe("IDEMPOTENCY_KEY_REUSED"); })).toEqual(nothing);
    });

    it("does not say that the order was refused, though nothing is left", async () => {
      await shop.stock({ LONE: 1 });
      const first = await order(here, { LONE: 1 }, "old, last");
      await shop.pool.query("DELETE FROM command_answer WHERE id = $1", [first.commandId]);
      expect(await Promise.all([order(there, { LONE: 1 }, "old, last"), order(there, { LONE: 1 }, "new, late")]))
        .toMatchObject([first, { refusal: { code: "OUT_OF_STOCK" } }]);
    });

    it("books no goods in twice", async () => {
      const lines = [{ sku: "TEA", quantity: 5 }];
      const first = await here.execute(receiveStock, { lines }, by(operator, "old goods"));
      const stock = await shop.stockOf("TEA");
      for (const quantity of [5, 6]) {
        await shop.pool.query("DELETE FROM command_answer WHERE id = $1", [first.commandId]);
        const again = there.execute(receiveStock, { lines: [{ sku: "TEA", quantity }] }, by(operator, "old goods"));
        if (quantity === 5) expect(await again).toEqual(first);
        else expect(await failureOf(again)).toBe("IDEMPOTENCY_KEY_REUSED");
        expect(await shop.stockOf("TEA")).toEqual(stock);
      }
    });
  });

  it("cancels once, gives the units back once, and says where the stream stands", async () => {
    const { answer } = await order(here, { TEA: 7 });
    const { reserved } = await shop.stockOf("TEA");
    const cancel = (bus: TestBus) => bus.execute(cancelOrder, { orderId: answer?.orderId ?? "", reason: "changed my mind" }, by(customer));
    // Other keys: the first cancels, the others have nothing new to say and stand at its event.
    const outcomes = await Promise.all([cancel(here), cancel(here), cancel(there)]);
    expect((await shop.stockOf("TEA")).reserved).toBe(reserved - 7);
    const { rows } = await shop.pool.query<{ position: string }>("SELECT position::text FROM event_log WHERE stream_id = $1 AND type = 'OrderCancelled'", [`order-${answer?.orderId ?? ""}`]);
    expect(rows).toHaveLength(1);
    expect(outcomes.map(({ position }) => position)).toEqual(Array.from({ length: 3 }, () => rows[0]?.position));
  });
});
