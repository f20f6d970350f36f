import { beforeAll, describe, expect, it } from "@jest/globals";
import { newId } from "../../src/kernel/ids.js";
import { apiCount, raceWithinMs, type RaceShop } from "./race-shop.js";
import { tally, type Heard, type Verb } from "./race-client.js";

const orders = 100;
const reservations = 60;
const sales = 20;

/** A caller who clicks twice, and a load balancer that sends each click elsewhere. */
export const sameKey = (open: () => RaceShop): void => describe("the same idempotency key in two processes at once", () => {
  let shop: RaceShop;
  let buyers: readonly string[];
  let sku: string;

  beforeAll(async () => {
    shop = open();
    buyers = await shop.buyers(orders);
    sku = await shop.product(1_000);
  }, raceWithinMs);

  /** Both clicks of each of them, all at once. */
  const clickTwice = (callers: readonly string[], verb: Verb, input: (nth: number, click: number) => object): Promise<readonly (readonly Heard[])[]> =>
    Promise.all(callers.map((caller, nth) => {
      const key = newId();
      return Promise.all([0, 1].map((click) => shop.client.insist(nth + click * (1 + nth % (apiCount - 1)), caller, verb, input(nth, click), key)));
    }));
  /** One of the two is the answer, the other one its repetition. @returns what was made */
  const oneAnswerEach = (clicks: readonly (readonly Heard[])[], field: string): readonly string[] => {
    expect(tally(clicks.flat())).toEqual({ DONE: 2 * clicks.length });
    expect(clicks.filter((pair) => pair.filter(({ outcome }) => outcome!.replayed).length !== 1)).toEqual([]);
    for (const pair of clicks) {
      const [first, second] = pair.map(({ outcome }) => ({ ...outcome, replayed: null }));
      expect(second).toEqual(first);
    }
    return clicks.map(([first]) => String(first!.outcome![field]).replace(/^[a-z]+_/, "")).sort();
  };
  const begun = async (type: string, id: string): Promise<readonly string[]> =>
    (await shop.rows<{ id: string }>("SELECT data->>$2 AS id FROM event_log WHERE type = $1", [type, id])).map((row) => row.id).sort();

  it("places one order", async () => {
    const clicks = await clickTwice(buyers, "placeOrder", () => ({ lines: [{ sku, quantity: 1 }] }));
    expect(await begun("OrderPlaced", "orderId")).toEqual(oneAnswerEach(clicks, "orderId"));
  }, raceWithinMs);

  it("makes one reservation", async () => {
    const clicks = await clickTwice(buyers.slice(0, reservations), "reserveStock", () => ({ lines: [{ sku, quantity: 2 }] }));
    expect(await begun("ReservationMade", "reservationId")).toEqual(oneAnswerEach(clicks, "reservationId"));
  }, raceWithinMs);

  it("schedules one sale", async () => {
    const [startsAt, endsAt] = [await shop.primaryTime(-60_000), await shop.primaryTime(3_600_000)];
    const clicks = await clickTwice(Array.from({ length: sales }, () => "operator"), "scheduleSale", () => ({ sku, price: { amount: "5.00", currency: "EUR" }, allocation: 3, startsAt, endsAt }));
    expect(await begun("SaleScheduled", "saleId")).toEqual(oneAnswerEach(clicks, "saleId"));
  }, raceWithinMs);

  it("and with another wish: one is done, the other is told that the key is used", async () => {
    const before = await begun("OrderPlaced", "orderId");
    const clicks = await clickTwice(buyers, "placeOrder", (_nth, click) => ({ lines: [{ sku, quantity: 1 + click }] }));
    expect(tally(clicks.flat())).toEqual({ DONE: orders, IDEMPOTENCY_KEY_REUSED: orders });
    expect(clicks.filter((pair) => new Set(pair.map(({ word }) => word)).size !== 2)).toEqual([]);
    const made = clicks.flat().filter(({ word }) => word === "DONE").map(({ outcome }) => String(outcome!["orderId"]).replace("order_", ""));
    expect(await begun("OrderPlaced", "orderId")).toEqual([...before, ...made].sort());
  }, raceWithinMs);
});
