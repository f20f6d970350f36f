import { beforeAll, describe, expect, it } from "@jest/globals";
import { acknowledged, apiCount, raceWithinMs, type RaceShop } from "./race-shop.js";
import { tally, type Heard } from "./race-client.js";

const crowd = 1_000;

/** Everybody at once, through four API processes. */
export const lastUnits = (open: () => RaceShop): void => describe("more buyers than units", () => {
  let shop: RaceShop;
  let buyers: readonly string[];

  beforeAll(async () => {
    shop = open();
    buyers = await shop.buyers(crowd);
  }, raceWithinMs);

  const order = (nth: number, caller: string, lines: readonly object[]): Promise<Heard> => shop.client.insist(nth, caller, "placeOrder", { lines });

  it("a thousand want the last unit: one has it, and all others hear that it is gone", async () => {
    const sku = await shop.product(1);
    const heard = await Promise.all(buyers.map((buyer, nth) => order(nth, buyer, [{ sku, quantity: 1 }])));
    expect(tally(heard)).toEqual({ DONE: 1, OUT_OF_STOCK: crowd - 1 });
    expect(await shop.ordersOf(sku)).toEqual(acknowledged(heard));
  }, raceWithinMs);

  it("two hundred want one of fifty of two products each, in opposite order: fifty have both, and nothing locks itself", async () => {
    const [one, other] = [await shop.product(50), await shop.product(50)];
    const lines = [one, other].map((sku) => ({ sku, quantity: 1 }));
    const heard = await Promise.all(buyers.slice(0, 200).map((buyer, nth) => order(nth, buyer, nth % (2 * apiCount) < apiCount ? lines : [...lines].reverse())));
    expect(tally(heard)).toEqual({ DONE: 50, OUT_OF_STOCK: 150 });
    expect(await shop.ordersOf(one)).toEqual(acknowledged(heard));
    expect(await shop.ordersOf(other)).toEqual(acknowledged(heard));
    expect(await shop.rows("SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()")).toEqual([{ deadlocks: 0 }]);
  }, raceWithinMs);

  it("one customer orders fifty times at once in a sale of five a head: exactly five times", async () => {
    const limit = 5;
    const { sku, saleId } = await shop.sale(80, { limitPerCustomer: limit }, 20);
    const heard = await Promise.all(Array.from({ length: 50 }, (_, nth) => order(nth, buyers[0]!, [{ sku, quantity: 1, saleId }])));
    expect(tally(heard)).toEqual({ DONE: limit, LIMIT_REACHED: 50 - limit });
    expect(await shop.ordersOf(sku)).toEqual(acknowledged(heard));
  }, raceWithinMs);

  it("a thousand want the last seat: one has it, and all others hear that it is taken", async () => {
    const sku = await shop.seats(10);
    const reserve = (nth: number, unitIds: readonly string[]): Promise<Heard> => shop.client.insist(nth, buyers[nth]!, "reserveUnits", { lines: [{ sku, unitIds }] });
    expect(await reserve(0, Array.from({ length: 9 }, (_, nth) => `A-${String(nth + 1)}`))).toMatchObject({ word: "DONE" });
    const heard = await Promise.all(buyers.map((_, nth) => reserve(nth, ["A-10"])));
    expect(tally(heard)).toEqual({ DONE: 1, UNIT_TAKEN: crowd - 1 });
    const [reservation] = heard.filter(({ word }) => word === "DONE");
    const placed = await shop.client.must(reservation!.caller, "placeOrder", { reservationId: reservation!.outcome!["reservationId"] });
    expect(await shop.rows("SELECT state, 'order_' || order_id AS \"orderId\" FROM stock_unit WHERE sku = $1 AND unit_id = 'A-10'", [sku])).toEqual([{ state: "sold", orderId: placed["orderId"] }]);
  }, raceWithinMs);

  it("two hundred want any two of two hundred seats: a hundred have two of their own, and the others hear that there are not enough", async () => {
    const sku = await shop.seats(200);
    const heard = await Promise.all(buyers.slice(0, 200).map((buyer, nth) => shop.client.insist(nth, buyer, "reserveUnits", { lines: [{ sku, quantity: 2 }] })));
    expect(tally(heard)).toEqual({ DONE: 100, NOT_ENOUGH_UNITS: 100 });
    const taken = heard.flatMap(({ outcome }) => (outcome?.["lines"] as readonly { unitIds: readonly string[] }[] | null)?.flatMap(({ unitIds }) => unitIds) ?? []);
    expect(new Set(taken).size).toBe(200);
  }, raceWithinMs);
});
