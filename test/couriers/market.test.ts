import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { giveBackAbandonedPlaces } from "../../src/commands/shipping/learning/places.job.js";
import type { ParcelMarket, Weighed } from "../../src/commands/shipping/market/parcel-market.js";
import { Prices } from "../../src/commands/shipping/market/prices.adapter.js";
import { RatesReader } from "../../src/commands/shipping/market/rates.reader.js";
import type { Rate } from "../../src/gateways/couriers/courier-port.js";
import type { GuardedCourier } from "../../src/gateways/couriers/guarded-courier.js";
import { newId } from "../../src/kernel/ids.js";
import { until } from "../replication/until.js";
import { MarketGround, question } from "./market-ground.js";

let ground: MarketGround;
beforeAll(async () => { ground = await MarketGround.open(); });
afterAll(() => ground.close());
afterEach(async () => {
  for (const simulator of ground.simulators.values()) simulator.setQuirks({ rateLatencyMs: 0, down: false, hang: false });
  await ground.shop.pool.query("WITH p AS (DELETE FROM courier_price), v AS (DELETE FROM courier_volume) DELETE FROM courier_place");
});

const lostOf = ({ decision: { candidates } }: Weighed) => Object.fromEntries(candidates.map(({ courierId, service, lost }) => [`${courierId}/${service}`, lost]));
const priceOf = ({ decision: { candidates } }: Weighed, courier: string) => candidates.filter(({ courierId }) => courierId === courier).map(({ priceMinor, priceSource }) => [priceMinor, priceSource]);

/** All who are asked, in turn. */
async function askedBy(weighed: Weighed) {
  const asked: (string | undefined)[] = [];
  for (let next = await weighed.next(Date.now()); next; next = await weighed.next(Date.now())) asked.push(next.courierId);
  return asked;
}

/** Until the prices that were heard are kept. */
async function pricesKept(market: ParcelMarket): Promise<void> {
  await market.weigh(question());
  await until("both couriers' prices are kept", async () => (await ground.shop.pool.query("SELECT DISTINCT courier_id FROM courier_price")).rows.length === 2);
}

describe("the market of couriers", () => {
  it("asks all for their rates, and gives the parcel to the best", async () => {
    const weighed = await ground.market().weigh(question());
    expect(weighed).toMatchObject({ delayReason: "", impossible: null, decision: { chosen: { courierId: "acorn", service: "standard" }, region: "DE-1", country: "DE", unanswered: [], seed: null } });
    expect(lostOf(weighed)).toEqual({ "acorn/standard": null, "birch/standard": "price" });
    expect(priceOf(weighed, "acorn")).toEqual([[649, "quoted"]]);
    expect(await weighed.next(0)).toMatchObject({ courierId: "acorn", service: "standard", priceMinor: 649, promisedDays: 2, region: "DE-1", rateReference: expect.any(String) });
  });

  it("judges who hangs by its last known price, which another process has heard", async () => {
    await pricesKept(ground.market());
    ground.simulators.get("acorn")!.setQuirks({ rateLatencyMs: 5_000 });
    const weighed = await ground.market({}, { rateTimeoutMs: 300 }).weigh(question());
    expect(weighed.decision).toMatchObject({ chosen: { courierId: "acorn" }, unanswered: ["acorn"] });
    expect(priceOf(weighed, "acorn")).toEqual([[649, "last_known"]]);
    expect(await weighed.next(0)).toMatchObject({ courierId: "acorn", service: "standard", rateReference: null });
  });

  it("leaves out who hangs and has never named a price, unless the shop has", async () => {
    ground.simulators.get("acorn")!.setQuirks({ rateLatencyMs: 5_000 });
    const stranger = await ground.market({}, { rateTimeoutMs: 300 }).weigh(question());
    expect(stranger.decision).toMatchObject({ chosen: { courierId: "birch" }, unanswered: ["acorn"] });
    expect(lostOf(stranger)).toMatchObject({ "acorn/usual": "no_price" });
    const known = await ground.market({}, { rateTimeoutMs: 300, services: { standard: { priceMinor: 100, promisedDays: 2 } } }).weigh(question());
    expect(known.decision.chosen?.courierId).toBe("acorn");
  });

  it("takes a courier of the first version without a price where there is no other, and asks it for rates once in a while only", async () => {
    const market = ground.market({}, { ids: ["cedar", "birch"] });
    const calls = (): number => ground.simulators.get("cedar")!.calls().rates;
    const before = calls();
    for (let parcel = 0; parcel < 3; parcel++) {
      const weighed = await market.weigh(question());
      expect(lostOf(weighed)).toEqual({ "birch/standard": null, "cedar/usual": "no_price" });
      expect(weighed.decision.unanswered).toEqual([]);
      expect(await askedBy(weighed)).toEqual(["birch", "cedar"]);
    }
    expect(calls() - before).toBeLessThanOrEqual(1);
    const alone = await ground.market({}, { ids: ["cedar"] }).weigh(question());
    expect(await alone.next(0)).toMatchObject({ courierId: "cedar", service: null, priceMinor: null });
    await ground.shop.pool.query("INSERT INTO courier_price SELECT 'cedar', 'DE-1', '2', 'usual', 333, 4, now()");
    expect(priceOf(await market.weigh(question()), "cedar")).toEqual([[333, "last_known"]]);
  });

  it("keeps what a courier asks that names a service twice, and what it asks in another currency counts for nothing", async () => {
    const rate = (service: string, priceMinor: number, currency = "EUR") => ({ service, priceMinor, currency, promisedDays: 2, rateReference: null });
    const said = [rate("standard", 100, "USD"), rate("standard", 500), rate("express", 700), rate("standard", 800)];
    const courier = { id: "acorn", state: "closed", probeFree: false, rate: async () => said } as unknown as GuardedCourier;
    const rates = new RatesReader({ currency: "EUR", timeoutMs: 1_000 });
    const heard = (await rates.read([courier], question(), 0)).get("acorn") as readonly Rate[];
    expect(heard).toEqual([rate("standard", 500), rate("express", 700)]);
    const [prices, place] = [new Prices(ground.shop.pool), { courierId: "acorn", region: "DE-1", weightClass: "2" }];
    await prices.remember(place, heard, Date.now());
    expect((await prices.lastKnown(place)).map(({ service, priceMinor }) => [service, priceMinor]).sort()).toEqual([["express", 700], ["standard", 500]]);
  });

  it("asks nobody again who was asked", async () => {
    const market = ground.market();
    const weighed = await market.weigh(question({ asked: new Map([["acorn", "in_doubt"]]) }));
    expect(lostOf(weighed)).toEqual({ "birch/standard": null, "acorn/usual": "in_doubt" });
    expect(await askedBy(weighed)).toEqual(["birch"]);
    const nobody = await market.weigh(question({ asked: new Map([["acorn", "in_doubt"], ["birch", "failed_before"]]) }));
    expect(nobody).toMatchObject({ decision: { chosen: null }, impossible: null, delayReason: expect.stringContaining("birch/standard: failed_before, acorn/usual: in_doubt") });
    expect(await nobody.next(0)).toBeNull();
  });

  it("passes over whose breaker has opened since the decision", async () => {
    const weighed = await ground.market().weigh(question());
    ground.hold("birch");
    expect(await askedBy(weighed)).toEqual(["acorn"]);
    const after = await ground.market().weigh(question());
    expect(await askedBy(after)).toEqual(["acorn", "birch"]); // another process, and a breaker of its own
  });

  it("knows parcels that no courier will ever take by the shop's own limits; what couriers say may change", async () => {
    const heavy = await ground.market({}, { services: { standard: { weightMaxGrams: 1_000 } } }).weigh(question());
    expect(heavy.impossible).toContain("acorn/standard: too_heavy");
    const elsewhere = await ground.market().weigh(question({ parcel: { weightGrams: 90_000 } }));
    expect(elsewhere).toMatchObject({ impossible: null, decision: { chosen: null } });
    expect(lostOf(elsewhere)).toEqual({ "acorn/usual": "destination", "birch/usual": "destination" });
  });

  it("says when a parcel is expected, and no more once it has arrived", async () => {
    const market = ground.market();
    const nowMs = Date.UTC(2026, 0, 5, 10);
    const arriving = { courierId: "acorn", service: "standard", region: "DE-1", promisedDays: 2, bookedAtMs: nowMs, handedOverAtMs: nowMs, nowMs } as const;
    const expected = (await market.expectedDelivery({ ...arriving, status: "pre_transit" }))!;
    expect(expected.likely > expected.earliest && expected.latest > expected.likely).toBe(true);
    expect(expected.likely.slice(0, 8)).toBe("2026-01-");
    expect((await market.expectedDelivery({ ...arriving, status: "failure" }))!.earliest >= "2026-01-06").toBe(true);
    for (const status of ["delivered", "return_to_sender", "cancelled", "available_for_pickup"] as const) expect(await market.expectedDelivery({ ...arriving, status })).toBeNull();
  });
});

describe("a courier's parcels of the day", () => {
  const file = { rules: { capacityPerDay: { acorn: 5 } } };
  const volume = async (): Promise<number | undefined> => (await ground.shop.pool.query<{ claimed: number }>("SELECT claimed FROM courier_volume WHERE courier_id = 'acorn'")).rows[0]?.claimed;

  it("are never more, however many processes give them out at once", async () => {
    const markets = [ground.market(file), ground.market(file), ground.market(file)];
    const weighed = await Promise.all(Array.from({ length: 30 }, (_, index) => markets[index % 3]!.weigh(question())));
    const first = await Promise.all(weighed.map((one) => one.next(Date.now())));
    expect(first.filter((next) => next?.courierId === "acorn")).toHaveLength(5);
    expect(first.filter((next) => next?.courierId === "birch")).toHaveLength(25);
    expect(weighed.filter(({ decision }) => decision.chosen?.courierId === "acorn")).toHaveLength(5);
    expect(await volume()).toBe(5);
    expect(lostOf(await ground.market(file).weigh(question()))).toMatchObject({ "acorn/standard": "capacity_reached" });
  });

  it("count a parcel once that is weighed again, also by two workers at once", async () => {
    const one = question();
    const [first, second] = [ground.market(file), ground.market(file)];
    await Promise.all([first.weigh(one), second.weigh(one), first.weigh(one), second.weigh(one)]);
    expect(await volume()).toBe(1);
  });

  it("are counted for failover too", async () => {
    const scarce = ground.market({ rules: { capacityPerDay: { birch: 1 } } });
    const [one, two] = [await scarce.weigh(question()), await scarce.weigh(question())];
    expect([await askedBy(one), await askedBy(two)]).toEqual([["acorn", "birch"], ["acorn"]]);
  });

  it("come back where the worker died before it began the attempt", async () => {
    const shipmentId = newId();
    await ground.market(file).weigh(question({ shipmentId }));
    await giveBackAbandonedPlaces(ground.shop.pool);
    expect(await volume()).toBe(1); // it may be about to
    await ground.shop.pool.query("UPDATE courier_place SET claimed_at = now() - interval '20 minutes'");
    await giveBackAbandonedPlaces(ground.shop.pool);
    expect(await volume()).toBe(0);
  });
});
