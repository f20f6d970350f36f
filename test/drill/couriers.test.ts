import { describe, expect, it } from "@jest/globals";
import { courierDrill } from "../../src/cli/drill/couriers/courier-drill.js";
import { courierReport } from "../../src/cli/drill/couriers/courier-report.js";
import { planTrouble, troubles, undoing } from "../../src/cli/drill/couriers/trouble.js";
import { planOrders } from "../../src/cli/drill/couriers/buyers.js";
import { kindTown } from "../../src/cli/simulated-town.js";

const minutes = 5;
const town = kindTown("EUR");

/** `npm run drill:couriers` in small: two minutes, workers that are killed and parcels that are lost take too long here. */
describe("orders while couriers fail in every way", () => {
  it("ends with none stuck, and no parcel with two live labels in the couriers' own books", async () => {
    const said: string[] = [];
    const result = await courierDrill({ seconds: 5, parcels: 50, seed: 3, speed: 200_000, couriers: town, sparesWorkers: true, minutes, keep: false, say: (line) => { said.push(line); } });
    expect({ ...result, said, report: courierReport(result) }).toMatchObject({ ok: true, stuck: [], town: { shipmentsLabelledTwice: [] }, doctorExitCode: 0, shop: { openAttempts: 0 } });
    expect(Object.values(result.shop.orders).reduce((sum, count) => sum + count, 0)).toBe(result.acknowledged);
    // Not one of the labels is somebody's whom we do not know of.
    const theirs = Object.values(result.town.couriers).reduce((sum, { bookings, cancelled }) => sum + bookings - cancelled, 0);
    const { delivered, returned, lost, open } = result.shop.parcels;
    expect(theirs).toBe(delivered + returned + lost + open);
    expect(result.blows.some(({ kind }) => kind === "courier")).toBe(true);
  }, minutes * 60_000);
});

describe("what will go wrong", () => {
  const plan = (seed: number) => planTrouble({ couriers: town.map(({ id }) => id), workers: 2, forMs: 120_000, seed });

  it("is the same for the same seed, of every kind, and over in time", () => {
    const blows = plan(7);
    expect(blows).toEqual(plan(7));
    expect(blows).not.toEqual(plan(8));
    expect(new Set(blows.flatMap((blow) => (blow.kind === "courier" ? [blow.trouble] : []))).size).toBe(Object.keys(troubles).length);
    expect(new Set(blows.map(({ kind }) => kind))).toEqual(new Set(["courier", "all down", "worker"]));
    expect(Math.max(...blows.map((blow) => blow.atMs + (blow.kind === "worker" ? 0 : blow.forMs)))).toBeLessThanOrEqual(120_000);
  });

  it("is undone to what is usual with that courier, not to calm", () => {
    expect(undoing(troubles["books, and never answers"], { timeoutAfterRate: 0.02, hangRate: 0.01 })).toEqual({ timeoutAfterRate: 0.02 });
    expect(undoing(troubles["is down"], {})).toEqual({ down: false });
  });
});

describe("the buyers", () => {
  it("order exactly so many parcels", () => {
    for (const parcels of [1, 80, 5_000]) expect(planOrders(parcels, 1).reduce((sum, order) => sum + order.parcels, 0)).toBe(parcels);
  });
});
