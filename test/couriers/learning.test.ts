import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { emptyLane, type LaneState } from "../../src/commands/shipping/choice/lane-state.js";
import { defaultParameters } from "../../src/commands/shipping/choice/parameters.js";
import { learnConsumer, learnHandler } from "../../src/commands/shipping/learning/learn.job.js";
import { Prices } from "../../src/commands/shipping/market/prices.adapter.js";
import { Volumes } from "../../src/commands/shipping/market/volume.adapter.js";
import { moveShipment, recordBooking } from "../../src/commands/shipping/shipment/record-shipment.js";
import type { Scan } from "../../src/commands/shipping/shipment/scans.js";
import type { ShipmentEvent } from "../../src/events/shipping.js";
import type { EventJob } from "../../src/kernel/consumer.js";
import { newId } from "../../src/kernel/ids.js";
import { readEvents, type EventReference } from "../../src/platform/jobs/event-reader.js";
import type { JobAttemptInfo } from "../../src/platform/jobs/job-handler.js";
import { by, openShop, type Shop, type TestBus } from "../bus/shop.js";
import { asking, bookingFacts } from "../support/booked-parcel.js";

const system = { role: "system", id: "test" } as const;
const info: JobAttemptInfo = { jobId: "j", attempt: 1, last: false, correlate: () => undefined, signal: new AbortController().signal };
const dayAt = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);

describe("learning from parcels", () => {
  let shop: Shop;
  let bus: TestBus;
  beforeAll(async () => {
    shop = await openShop();
    bus = shop.process();
  });
  afterAll(() => shop.close());

  const move = (ids: { readonly shipmentId: string; readonly orderId: string }, step: Parameters<typeof moveShipment.decide>[0]["step"]) => bus.execute(moveShipment, { ...ids, step }, by(system));
  const scan = (ids: { readonly shipmentId: string; readonly orderId: string }, ...scans: readonly (readonly [Scan["status"], string])[]) => move(ids, {
    type: "RecordScans", scans: scans.map(([status, occurredAt]) => ({ scanId: occurredAt, rawCode: status, status, reasonCode: null, city: null, occurredAt })),
  });

  async function asked(courierId: string) {
    const ids = { shipmentId: newId(), orderId: newId() };
    await move(ids, asking(ids, courierId));
    return ids;
  }

  async function booked(courierId: string, facts: object = {}) {
    const ids = await asked(courierId);
    await bus.execute(recordBooking, {
      ...ids, ...bookingFacts, courierId, bookingReference: `b-${ids.shipmentId}`, trackingCode: `t-${ids.shipmentId}`, lines: [], weightGrams: 900, parcelCount: 1,
      service: "express", promisedDays: 2, priceMinor: 480, ...facts,
    }, by(system));
    return ids;
  }

  /** The jobs that the bus has written for them, as the queue would hand them over. */
  async function jobsOf(...parcels: readonly { readonly shipmentId: string }[]): Promise<EventJob<ShipmentEvent>[]> {
    const { rows } = await shop.pool.query<{ data: EventReference }>(
      "SELECT data FROM pgboss.job WHERE name = $1 AND data->>'streamId' = ANY($2) ORDER BY data->>'streamId', (data->>'version')::int",
      [learnConsumer.queue, parcels.map(({ shipmentId }) => `shipment-${shipmentId}`)],
    );
    const events = await readEvents(shop.pool, rows.map(({ data }) => data));
    return rows.map(({ data }) => events.get(`${data.streamId}@${String(data.version)}`) as EventJob<ShipmentEvent>);
  }

  const handler = () => learnHandler({ pool: shop.pool, prices: new Prices(shop.pool), parameters: defaultParameters, dayAt });
  const learn = (jobs: readonly EventJob<ShipmentEvent>[], handle = handler()) => Promise.all(jobs.map((job) => handle(job, info)));
  async function lanes(): Promise<ReadonlyMap<string, LaneState>> {
    const { rows } = await shop.pool.query<{ key: string; state: LaneState }>("SELECT key, state FROM courier_lane");
    return new Map(rows.map(({ key, state }) => [key, state]));
  }
  const forget = () => shop.pool.query("WITH l AS (DELETE FROM courier_lane), e AS (DELETE FROM courier_lesson), v AS (DELETE FROM courier_volume) DELETE FROM courier_place");
  const rounded = (known: ReadonlyMap<string, LaneState>) => Object.fromEntries([...known].sort(([one], [other]) => (one < other ? -1 : 1)).map(([key, state]) => [
    key, JSON.parse(JSON.stringify(state, (_name, value: unknown) => (typeof value === "number" ? Number(value.toFixed(9)) : value))) as unknown,
  ]));

  it("is the same in whatever order, batches and repetitions news is learnt, and by whom", async () => {
    await forget();
    const delivered = await booked("elm");
    await scan(delivered, ["in_transit", "2026-01-02T08:00:00.000Z"], ["delivered", "2026-01-04T08:00:00.000Z"]);
    const found = await booked("elm", { bookedAt: "2026-01-03T08:00:00.000Z" });
    await scan(found, ["in_transit", "2026-01-03T20:00:00.000Z"]);
    await move(found, { type: "DeclareLost", lastNewsAt: "2026-01-03T20:00:00.000Z", lostAt: "2026-01-20T08:00:00.000Z" });
    await scan(found, ["delivered", "2026-01-22T08:00:00.000Z"]);
    const failed = await asked("elm");
    await move(failed, { type: "GiveUpAttempt", attempt: 1, code: "timeout", message: "", inDoubt: true, next: null });
    const jobs = await jobsOf(delivered, found, failed);
    await learn(jobs);
    const known = await lanes();
    expect([...known.keys()].sort()).toEqual([
      "*/*/*", "elm/*/*", "elm/express/*", "elm/express/DE-1", "elm/express/weekday-4", "elm/express/weekday-6", "elm/usual/*", "elm/usual/DE-1", "elm/usual/weekday-4",
    ]);
    const { state: all } = { state: known.get("*/*/*")! };
    expect(all.underWay).toEqual([]);
    expect(all.arrivals.filter((count) => count > 0)).toHaveLength(2);
    for (const order of [[...jobs].reverse(), [...jobs.slice(3), ...jobs.slice(0, 3)]]) {
      await forget();
      const [one, other] = [handler(), handler()];
      for (const [index, job] of order.entries()) await learn([job, job], index % 2 === 0 ? one : other);
      await learn(order);
      expect(rounded(await lanes())).toEqual(rounded(known));
    }
    await forget();
    await Promise.all([learn(jobs, handler()), learn([...jobs].reverse(), handler()), learn(jobs, handler())]);
    expect(rounded(await lanes())).toEqual(rounded(known));
  });

  it("says nothing of attempts that we held back, nor of scans without news", async () => {
    await forget();
    const parcel = await asked("fir");
    await move(parcel, { type: "GiveUpAttempt", attempt: 1, code: "held_back", message: "", inDoubt: false, next: null });
    const other = await booked("fir");
    await scan(other, ["in_transit", "2026-01-02T08:00:00.000Z"], ["in_transit", "2026-01-02T18:00:00.000Z"], ["in_transit", "2026-01-03T08:00:00.000Z"]);
    const jobs = await jobsOf(parcel, other);
    expect(jobs.map(({ event }) => event.type)).toEqual(expect.arrayContaining(["ShipmentAttemptFailed", "ShipmentBooked", "ShipmentTracked"]));
    expect(jobs).toHaveLength(3);
    await learn(jobs);
    expect((await lanes()).get("fir/*/*")).toMatchObject({ refused: 0, booked: expect.closeTo(0.93, 1) });
  });

  it("counts labels by day, and gives back the places of those that came to nothing", async () => {
    await forget();
    const volumes = new Volumes(shop.pool);
    const day = "2026-01-01";
    const [kept, calledOff, refused, doubtful] = [await booked("ash"), await booked("ash"), await asked("ash"), await asked("ash")];
    for (const { shipmentId } of [kept, calledOff, refused, doubtful]) expect(await volumes.claim({ shipmentId, courierId: "ash" }, day, 4)).toBe(true);
    expect(await volumes.claim({ shipmentId: newId(), courierId: "ash" }, day, 4)).toBe(false);
    await move(calledOff, { type: "RequestVoid", reason: "" });
    await move(calledOff, { type: "RecordCancellation", reason: "" });
    await move(refused, { type: "GiveUpAttempt", attempt: 1, code: "rejected", message: "", inDoubt: false, next: null });
    await move(doubtful, { type: "GiveUpAttempt", attempt: 1, code: "timeout", message: "", inDoubt: true, next: null });
    const jobs = await jobsOf(kept, calledOff, refused, doubtful);
    await learn(jobs);
    await learn(jobs);
    const volume = async () => (await shop.pool.query("SELECT claimed, booked FROM courier_volume WHERE courier_id = 'ash'")).rows;
    expect(await volume()).toEqual([{ claimed: 2, booked: 1 }]); // the doubtful one may have a label
    await move(doubtful, { type: "SettleAttempt", attempt: 1, outcome: "none" });
    await learn(await jobsOf(doubtful));
    expect(await volume()).toEqual([{ claimed: 1, booked: 1 }]);
  });

  it("leaves a place alone that was taken again since", async () => {
    await forget();
    const volumes = new Volumes(shop.pool);
    const parcel = await asked("yew");
    const place = { shipmentId: parcel.shipmentId, courierId: "yew" };
    await volumes.claim(place, "2026-01-01", 1);
    await move(parcel, { type: "GiveUpAttempt", attempt: 1, code: "unavailable", message: "", inDoubt: false, next: null });
    await volumes.claim(place, "2026-01-01", 1); // the next attempt, before the first one's news is learnt
    await learn(await jobsOf(parcel));
    expect((await shop.pool.query("SELECT claimed FROM courier_volume WHERE courier_id = 'yew'")).rows).toEqual([{ claimed: 1 }]);
  });

  it("remembers what was charged, for couriers that name no prices beforehand", async () => {
    const parcel = await booked("oak", { service: null, priceMinor: 777 });
    await learn(await jobsOf(parcel));
    expect(await new Prices(shop.pool).lastKnown({ courierId: "oak", region: "DE-1", weightClass: "1" })).toMatchObject([{ service: "usual", priceMinor: 777, promisedDays: 2 }]);
  });

  it("takes hundreds of parcels in a few transactions", async () => {
    await forget();
    const ids = await Promise.all(Array.from({ length: 200 }, () => booked("pine")));
    const jobs = await jobsOf(...ids);
    const stamps = async () => (await shop.pool.query("SELECT DISTINCT xmin FROM courier_lesson")).rows.length;
    await learn(jobs);
    expect(await stamps()).toBe(1);
    expect((await lanes()).get("*/*/*")).toMatchObject({ ...emptyLane(0), atMs: expect.any(Number), booked: 200 });
  });
});
