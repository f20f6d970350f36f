import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { reserveStockWith } from "../../../src/commands/inventory/reserve-stock.js";
import { scheduleSale } from "../../../src/commands/inventory/schedule-sale.js";
import { sweepMax, sweepOnce } from "../../../src/commands/inventory/sweep.job.js";
import { confirmPayment } from "../../../src/commands/orders/follow-order.js";
import { callOffUnpaid } from "../../../src/commands/orders/payment-deadline.job.js";
import { after } from "../../../src/kernel/time.js";
import { startPeriodic } from "../../../src/platform/jobs/periodic.js";
import { by, customer, openShop, operator, order, quiet, type Shop, type TestBus } from "../../bus/shop.js";

/** Over as soon as the clock moves on. */
const reserveForAMoment = reserveStockWith(0.001);

describe("the sweeper", () => {
  let shop: Shop;
  let bus: TestBus;
  beforeAll(async () => {
    shop = await openShop();
    bus = shop.process();
    await shop.stock({ TEA: 1_000, CUP: 10, POT: 10 });
  });
  afterAll(() => shop.close());

  const reserve = (sku: string, key?: string) =>
    bus.execute(reserveForAMoment, { buyer: "customer:c1", lines: [{ sku, quantity: 1, saleId: null }] }, by(customer, key));
  const reserved = async (sku: string): Promise<number> => (await shop.stockOf(sku)).reserved;
  const count = async (sql: string): Promise<number> => (await shop.pool.query<{ n: number }>(`SELECT (${sql})::int AS n`)).rows[0]!.n;

  it("ends all that is over, in steps, and says whether there is more", async () => {
    await Promise.all(Array.from({ length: sweepMax + 20 }, () => reserve("TEA")));
    expect(await sweepOnce(bus, shop.pool)).toBe(true);
    expect(await reserved("TEA")).toBe(20);
    expect(await sweepOnce(bus, shop.pool)).toBe(false);
    expect(await reserved("TEA")).toBe(0);
    expect(await count("SELECT count(*) FROM hold_line")).toBe(0);
    expect(await count("SELECT count(*) FROM event_log WHERE type = 'ReservationExpired'")).toBe(sweepMax + 20);
  });

  it("says nothing twice where two sweep at once", async () => {
    await Promise.all(Array.from({ length: 30 }, () => reserve("CUP").catch(() => undefined)));
    const before = await count("SELECT count(*) FROM event_log WHERE type = 'ReservationExpired'");
    const other = shop.process();
    await Promise.all([sweepOnce(bus, shop.pool), sweepOnce(other, shop.pool)]);
    const made = await count("SELECT count(DISTINCT stream_id) FROM event_log WHERE type = 'ReservationMade' AND data::text LIKE '%CUP%'");
    const taken = await count("SELECT count(*) FROM event_log WHERE type = 'ReservationExpired'") - before;
    expect(taken).toBe(made);
    expect(await reserved("CUP")).toBe(0);
  });

  it("ends sales whose window is over, and leaves the others", async () => {
    const { rows: [clock] } = await shop.pool.query<{ now: Date }>("SELECT clock_timestamp() AS now");
    const now = clock!.now.toISOString();
    const terms = { sku: "POT", priceMinor: 1, currency: "EUR", allocation: 3, startsAt: now, limitPerCustomer: null, holdSeconds: 60, waitingRoom: null };
    await bus.execute(scheduleSale, { ...terms, endsAt: after(now, 3_600_000) }, by(operator));
    const short = await bus.execute(scheduleSale, { ...terms, endsAt: after(now, 1_000) }, by(operator));
    expect(short.refusal).toBeNull();
    expect(await reserved("POT")).toBe(6);
    const sweeper = startPeriodic({ name: "sweep", everyMs: 5, logger: quiet, round: () => sweepOnce(bus, shop.pool) });
    try {
      while (await reserved("POT") !== 3) await new Promise((resolve) => { setImmediate(resolve); });
    } finally {
      await sweeper.stop();
    }
    expect(await count("SELECT count(*) FROM sale WHERE NOT ended")).toBe(1);
  });

  it("calls orders off whose payment nobody knows of by the deadline, and leaves those that were paid", async () => {
    const [unpaid, paid] = [await order(bus, { TEA: 2 }), await order(bus, { TEA: 3 })];
    await bus.execute(confirmPayment, { orderId: paid.answer!.orderId, paymentId: "p1" }, by(operator));
    expect(await callOffUnpaid(bus, shop.pool, 3_600)).toBe(false);
    expect(await reserved("TEA")).toBe(5);
    await callOffUnpaid(bus, shop.pool, 0);
    expect(await reserved("TEA")).toBe(3);
    const { rows } = await shop.pool.query<{ stream_id: string }>("SELECT stream_id FROM event_log WHERE type = 'OrderCancelled'");
    expect(rows).toEqual([{ stream_id: `order-${unpaid.answer!.orderId}` }]);
    await callOffUnpaid(bus, shop.pool, 0);
    expect(await reserved("TEA")).toBe(3);
  });
});
