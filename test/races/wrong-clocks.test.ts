import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { acknowledged, apiCount, raceWithinMs, RaceShop } from "./race-shop.js";
import { tally, type Heard } from "./race-client.js";

const minute = 60_000;
/** How wrong each API's clock is; the last one is right, since a webhook's signature is only good for some minutes. */
const shifts = [-45 * minute, -7 * minute, 45 * minute, 0];
const shifted = (milliseconds: number): Record<string, string> => ({ NODE_OPTIONS: `--import=${new URL("shift-clock.mjs", import.meta.url).href}`, CLOCK_SHIFT_MS: String(milliseconds) });

describe("processes whose clocks disagree", () => {
  let shop: RaceShop;
  let buyers: readonly string[];

  beforeAll(async () => {
    const settingsOf = Object.fromEntries([...shifts.map((shift, nth) => [`api ${String(nth)}`, shifted(shift)] as const), ["worker", shifted(30 * minute)] as const]);
    shop = await RaceShop.open({ settings: { SWEEP_MS: "50" }, settingsOf });
    buyers = await shop.buyers(2 * apiCount);
  }, raceWithinMs);

  afterEach(async () => {
    expect(await shop.problems()).toEqual([]);
  }, raceWithinMs);

  afterAll(async () => {
    await (shop as RaceShop | undefined)?.close();
  }, raceWithinMs);

  /** A customer at each API, all at once. */
  const atEach = (wish: (nth: number) => Promise<Heard>): Promise<readonly Heard[]> => Promise.all(shifts.map((_, nth) => wish(nth)));
  const order = (nth: number, lines: readonly object[]): Promise<Heard> => shop.client.insist(nth, buyers[nth]!, "placeOrder", { lines });

  it("really disagree", async () => {
    // An API's ids of requests begin with its time, as those of UUIDv7 do.
    const times = await Promise.all(shop.apis.map(async ({ url }) => parseInt((await fetch(`${url}/livez`)).headers.get("x-request-id")!.replace("-", "").slice(0, 12), 16)));
    expect(times.map((time) => Math.round((time - Date.now()) / minute) + 0)).toEqual(shifts.map((shift) => shift / minute));
  });

  it("open a sale when the primary's clock says so", async () => {
    const open = await shop.sale(10, { startsAt: await shop.primaryTime(-minute), endsAt: await shop.primaryTime(minute) });
    const lines = [{ ...open, quantity: 1 }];
    const heard = await atEach((nth) => order(nth, lines));
    expect(tally(heard)).toEqual({ DONE: apiCount });
    expect(await shop.ordersOf(open.sku)).toEqual(acknowledged(heard));
    const coming = await shop.sale(10, { startsAt: await shop.primaryTime(5 * minute), endsAt: await shop.primaryTime(10 * minute) });
    expect(tally(await atEach((nth) => order(nth, [{ ...coming, quantity: 1 }])))).toEqual({ SALE_NOT_STARTED: apiCount });
  }, raceWithinMs);

  it("and close it when the primary's clock says so", async () => {
    const endsAt = await shop.primaryTime(1_500);
    const { sku, saleId } = await shop.sale(10, { endsAt });
    await shop.primaryReaches(endsAt);
    expect(tally(await atEach((nth) => order(nth, [{ sku, saleId, quantity: 1 }])))).toEqual({ SALE_ENDED: apiCount });
    expect(await shop.ordersOf(sku)).toEqual([]);
  }, raceWithinMs);

  it("take a sale's window for over, or not, by the primary's clock", async () => {
    const sku = await shop.product(10);
    const schedule = async (fromMs: number, toMs: number): Promise<readonly Heard[]> => {
      const terms = { sku, price: { amount: "5.00", currency: "EUR" }, allocation: 1, startsAt: await shop.primaryTime(fromMs), endsAt: await shop.primaryTime(toMs) };
      return atEach((nth) => shop.client.insist(nth, "operator", "scheduleSale", terms));
    };
    expect(tally(await schedule(-10 * minute, -minute))).toEqual({ INVALID_WINDOW: apiCount });
    expect(tally(await schedule(-10 * minute, 10 * minute))).toEqual({ DONE: apiCount });
  }, raceWithinMs);

  it("hold units until the primary's clock says that it is over", async () => {
    const seconds = 300;
    const { sku, saleId } = await shop.sale(apiCount, { holdSeconds: seconds });
    const lines = [{ sku, saleId, quantity: 1 }];
    const before = await shop.primaryTime(seconds * 1_000);
    const held = await atEach((nth) => shop.client.insist(nth, buyers[nth]!, "reserveStock", { lines }));
    const after = await shop.primaryTime(seconds * 1_000);
    expect(tally(held)).toEqual({ DONE: apiCount });
    expect(held.map(({ outcome }) => String(outcome!["expiresAt"])).filter((end) => end < before || end > after)).toEqual([]);
    expect(tally(await atEach((nth) => shop.client.insist(nth, buyers[apiCount + nth]!, "placeOrder", { lines })))).toEqual({ OUT_OF_STOCK: apiCount });
    const claimed = await atEach((nth) => shop.client.insist(nth, buyers[nth]!, "placeOrder", { reservationId: held[nth]!.outcome!["reservationId"] }));
    expect(await shop.ordersOf(sku)).toEqual(acknowledged(claimed));
    expect(tally(claimed)).toEqual({ DONE: apiCount });
  }, raceWithinMs);

  it("and not a moment longer", async () => {
    const { sku, saleId } = await shop.sale(apiCount, { holdSeconds: 1 });
    const lines = [{ sku, saleId, quantity: 1 }];
    const held = await atEach((nth) => shop.client.insist(nth, buyers[nth]!, "reserveStock", { lines }));
    expect(tally(held)).toEqual({ DONE: apiCount });
    await shop.primaryReaches(held.map(({ outcome }) => String(outcome!["expiresAt"])).sort().at(-1)!);
    const taken = await atEach((nth) => shop.client.insist(nth, buyers[apiCount + nth]!, "placeOrder", { lines }));
    expect(tally(taken)).toEqual({ DONE: apiCount });
    expect(await shop.ordersOf(sku)).toEqual(acknowledged(taken));
  }, raceWithinMs);
});
