import { setTimeout as delay } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { promisedUnits } from "../../src/commands/inventory/admission.js";
import type { CountedStep } from "../../src/commands/inventory/sale-room.write-state.js";
import { eventually } from "../split/eventually.js";
import { acknowledged, apiCount, raceWithinMs, type RaceShop } from "./race-shop.js";
import { tally, type Heard } from "./race-client.js";

const updates = "subscription ($saleId: ID!) { saleQueueUpdates(saleId: $saleId) { state } }";
/** After these nothing more comes: not even a unit that is given back. */
const final = new Set(["USED", "EXPIRED", "SOLD_OUT", "ENDED"]);
const seenWithinMs = 45_000;
/** Often enough to meet a promise too many, which stands until it is used; not so often that the room waits for who looks. */
const lookEveryMs = 5;

interface Room {
  readonly admitted: number;
  readonly steps: readonly CountedStep[];
  readonly left: number;
  readonly sold: number;
  readonly ended: boolean;
  readonly now: Date;
}

/** How it went for somebody in the queue. */
interface Visit {
  readonly order: Heard | null;
  /** What the ticket said in the end. */
  readonly end: string;
}

export const waitingRoom = (open: () => RaceShop): void => describe("a waiting room before four processes", () => {
  let shop: RaceShop;
  let buyers: readonly string[];

  beforeAll(async () => {
    shop = open();
    buyers = await shop.buyers(60);
  }, raceWithinMs);

  const see = async (saleId: string): Promise<Room> => {
    const [room] = await shop.rows<Room>(
      `SELECT r.admitted::int, r.steps, s.left_units::int AS left, s.sold::int, s.ended, clock_timestamp() AS now
       FROM sale_room r JOIN sale s USING (id) WHERE r.id = $1`, [saleId.replace("sale_", "")]);
    return room!;
  };
  /** Looks at the room until `done`. @returns the most units that its passes promised beyond what was left */
  const watch = async (saleId: string, done: Promise<unknown>): Promise<number> => {
    let most = -Infinity;
    const over = new AbortController();
    void done.catch(() => undefined).finally(() => { over.abort(); });
    while (!over.signal.aborted) {
      const { steps, left, ended, now } = await see(saleId);
      if (!ended) most = Math.max(most, promisedUnits({ steps }, now.toISOString()) - left);
      await delay(lookEveryMs);
    }
    return most;
  };
  /** Joins, follows the ticket, and orders when it is let in and `mayOrder`, until the ticket's state is final. */
  const visit = async (nth: number, { sku, saleId }: { sku: string; saleId: string }, mayOrder: () => Promise<unknown> = () => Promise.resolve()): Promise<Visit> => {
    const buyer = buyers[nth]!;
    await shop.client.must(buyer, "joinSaleQueue", { saleId }, nth);
    const feed = await shop.processes.watch(shop.apis[nth % apiCount]!.url, buyer, updates, { saleId });
    let order: Heard | null = null;
    // Nobody closes the page before the shop does: `for await` would.
    for (let next = await feed.next(); next.done !== true; next = await feed.next()) {
      const { data, errors } = next.value;
      if (errors) throw new Error(`${buyer} cannot follow: ${JSON.stringify(errors)}`);
      const state = String(data.saleQueueUpdates.state);
      if (final.has(state)) return { order, end: state };
      if (state !== "ADMITTED" || order !== null) continue;
      await mayOrder();
      order = await shop.client.insist(nth + 1, buyer, "placeOrder", { lines: [{ sku, saleId, quantity: 1 }] });
    }
    throw new Error(`${buyer} was not told how it ended`);
  };
  const ends = (visits: readonly Visit[]): Readonly<Record<string, number>> => {
    const counts: Record<string, number> = {};
    for (const { order, end } of visits) {
      const words = `${order?.word ?? "no order"}, ${end}`;
      counts[words] = (counts[words] ?? 0) + 1;
    }
    return counts;
  };
  const ordersIn = (visits: readonly Visit[]): readonly Heard[] => visits.flatMap(({ order }) => order ?? []);

  it("its worker is killed in the middle: another one goes on, no pass is one too many, and everybody hears how it ended", async () => {
    const units = 40;
    const sale = await shop.sale(units, { limitPerCustomer: 1, waitingRoom: { ratePerSecond: 10, passSeconds: 600 } });
    const all = Promise.all(buyers.map((_, nth) => visit(nth, sale)));
    const overrun = watch(sale.saleId, all);
    await eventually("some are let in", seenWithinMs, async () => (await see(sale.saleId)).admitted >= 5);
    await shop.kill(shop.processes.processes.find(({ name }) => name === "worker")!);
    expect((await see(sale.saleId)).admitted).toBeLessThan(units);
    await shop.start("worker");
    const visits = await all;
    expect(await overrun).toBeLessThanOrEqual(0);
    expect(ends(visits)).toEqual({ "DONE, USED": units, "no order, SOLD_OUT": buyers.length - units });
    expect(await shop.ordersOf(sale.sku)).toEqual(acknowledged(ordersIn(visits)));
  }, raceWithinMs);

  it("the sale ends while passes are out: they are worth nothing from that moment, and everybody hears so", async () => {
    const units = 30;
    const quick = 10;
    const sale = await shop.sale(units, { limitPerCustomer: 1, waitingRoom: { ratePerSecond: 10_000, passSeconds: 600 } });
    let begun = 0;
    let openGate = (): void => undefined;
    const gate = new Promise<void>((resolve) => { openGate = resolve; });
    // The first order as soon as they may; the others wait until the sale is being ended.
    const all = Promise.all(buyers.map((_, nth) => visit(nth, sale, async () => {
      begun += 1;
      if (begun > quick) await gate;
    })));
    const overrun = watch(sale.saleId, all);
    await eventually("all passes are out, and some are used", seenWithinMs, async () => begun === units && (await see(sale.saleId)).sold === quick);
    const ended = shop.client.insist(0, "operator", "endSale", { saleId: sale.saleId });
    openGate();
    expect((await ended).word).toBe("DONE");
    const visits = await all;
    expect(await overrun).toBeLessThanOrEqual(0);
    const { DONE = 0, ...others } = tally(ordersIn(visits));
    expect(DONE).toBeGreaterThanOrEqual(quick);
    expect(others).toEqual(DONE < units ? { SALE_ENDED: units - DONE } : {});
    expect(ends(visits)).toEqual({ "DONE, USED": DONE, "no order, ENDED": buyers.length - units, ...(DONE < units && { "SALE_ENDED, ENDED": units - DONE }) });
    expect(await shop.ordersOf(sale.sku)).toEqual(acknowledged(ordersIn(visits)));
    expect(await shop.rows("SELECT sold::int, left_units::int AS left, held::int FROM sale WHERE sku = $1", [sale.sku])).toEqual([{ sold: DONE, left: 0, held: 0 }]);
  }, raceWithinMs);
});
