import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { cancelOrder } from "../../src/commands/orders/cancel-order.js";
import { bookHandler } from "../../src/commands/shipping/book.job.js";
import { CourierDesk } from "../../src/commands/shipping/courier-desk.process.js";
import type { NextAttempt } from "../../src/commands/shipping/shipment/allocation.rules.js";
import { moveShipment } from "../../src/commands/shipping/shipment/record-shipment.js";
import type { ShipmentCommand } from "../../src/commands/shipping/shipment/shipment.decider.js";
import type { JobAttemptInfo } from "../../src/platform/jobs/job-handler.js";
import { by, type TestBus } from "../bus/shop.js";
import { until } from "../replication/until.js";
import { asking } from "../support/booked-parcel.js";
import { ShippingTown, system, type OrderedFault, type Placed } from "./shipping-town.js";

const info: JobAttemptInfo = { jobId: "j", attempt: 1, last: false, correlate: () => undefined, signal: new AbortController().signal };

let town: ShippingTown;
beforeAll(async () => {
  town = await ShippingTown.open();
  await town.startWorkers();
});
afterAll(() => town.close());

describe("a parcel whose courier fails", () => {
  /** What goes wrong at the cheapest courier, and whether it makes a label all the same. */
  const troubles = [
    ["hang_before", false], ["hang_after", true], ["fail_before", false], ["fail_after", true], ["garbage_before", false], ["garbage_after", true],
    ["cut_before", false], ["cut_after", true], ["late=1500", true],
  ] as const;
  const placed = new Map<string, Placed>();
  let calledOff: Placed;
  let leftTwice: Placed;

  beforeAll(async () => {
    // A call whose kept socket was cut is sent again by itself, and has to meet its fault once more.
    await Promise.all(troubles.map(async ([fault]) => {
      placed.set(fault, await town.placePaid({ courier: "acorn", kind: "book", fault, times: fault.startsWith("cut") ? 2 : 1 }));
    }));
    const others = ["birch", "cedar"].map((courier) => ({ courier, kind: "book", fault: "rate_limited", times: 50 }) as const);
    calledOff = await town.placePaid({ courier: "acorn", kind: "book", fault: "hang_after" }, ...others);
    leftTwice = await town.placePaid({ courier: "acorn", kind: "book", fault: "hang_after" });
    await until("the label whose answer was lost is made", async () => town.liveLabels(leftTwice.shipmentId).some(({ courierId }) => courierId === "acorn"));
    await town.see(leftTwice.shipmentId, "PICKED_UP");
  });

  it("that was called off while its label was in doubt has none in the end", async () => {
    const { orderId, shipmentId } = calledOff;
    await until("its one label is in doubt", async () => (await town.shipment(shipmentId)).attempts.some(({ courierId, state }) => courierId === "acorn" && state === "in_doubt"));
    expect(town.liveLabels(shipmentId)).toHaveLength(1);
    await town.bus.execute(cancelOrder, { orderId, reason: "second thoughts", cause: "request" }, by(system));
    await until("the label is called off", async () => (await town.shipment(shipmentId)).booking === "cancelled");
    expect(town.liveLabels(shipmentId)).toEqual([]);
  });

  it.each(troubles)("by %s goes to the next one at once, and keeps one live label", async (fault, labelled) => {
    const { orderId, shipmentId } = placed.get(fault) ?? { orderId: "", shipmentId: "" };
    const shipment = await town.settled({ orderId, shipmentId });
    expect(town.labelsMade(shipmentId).includes("acorn")).toBe(labelled);
    expect(town.liveLabels(shipmentId)).toEqual([{ courierId: shipment.courierId, bookingReference: shipment.bookingReference }]);
    expect(shipment.attempts[0]).toMatchObject({ courierId: "acorn", state: labelled ? "voided" : "none" });
    expect(shipment.courierId).not.toBe("acorn");
    expect((await town.story(shipmentId)).slice(0, 4)).toEqual(["ShipmentDecided", "ShipmentAttempted", "ShipmentAttemptFailed", "ShipmentAttempted"]);
  });

  it("and has left with a label too many needs a person", async () => {
    const shipment = await town.settled(leftTwice);
    expect(shipment.attempts[0]).toMatchObject({ courierId: "acorn", state: "left" });
    expect(town.alerts).toContainEqual(expect.objectContaining({ key: `two_labels_left:${leftTwice.shipmentId}`, severity: "critical" }));
    expect(town.town.books().shipmentsLabelledTwice).toEqual([leftTwice.shipmentId]);
  });

  it("that refuses connections goes to the next one, and leaves nothing in doubt", async () => {
    town.courier("acorn").setQuirks({ refuse: true });
    const refused = await town.placePaid();
    const shipment = await town.settled(refused);
    town.courier("acorn").setQuirks({ refuse: false });
    expect(shipment.courierId).toBe("birch");
    expect(shipment.attempts.filter(({ courierId }) => courierId === "acorn").every(({ state }) => state === "failed")).toBe(true);
  });

  it("is asked for once by two workers at once", async () => {
    const placed = await town.place({ courier: "acorn", kind: "book", fault: "latency=300" });
    const job = await town.paidOutsideTheQueue(placed.orderId);
    const workers = [town.jobs(), town.jobs()].map((jobs) => bookHandler(jobs));
    const ends = await Promise.allSettled(workers.map((work) => work(job, info)));
    expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    for (const end of ends) if (end.status === "rejected") expect(end.reason).toMatchObject({ heldBack: true, retryAfterSeconds: expect.any(Number) });
    await town.settled(placed);
    expect(town.labelsMade(placed.shipmentId)).toHaveLength(1);
    expect(await town.story(placed.shipmentId)).toEqual(["ShipmentDecided", "ShipmentAttempted", "ShipmentBooked"]);
  });

  it("waits while all are down, wakes somebody once, and goes on by itself when one is back", async () => {
    for (const id of ["acorn", "birch", "cedar"]) town.courier(id).setQuirks({ down: true });
    const waiting = await Promise.all(Array.from({ length: 3 }, () => town.placePaid()));
    await until("somebody is woken", async () => town.alerts.some(({ key }) => key === "no_courier"));
    for (const { shipmentId } of waiting) await until("it is told that it waits", async () => (await town.shipment(shipmentId)).delayed);
    expect(town.alerts.filter(({ key }) => key === "no_courier")).toHaveLength(1);
    town.courier("birch").setQuirks({ down: false });
    for (const { orderId, shipmentId } of waiting) {
      await until("the order is allocated", async () => await town.status(orderId) === "ALLOCATED", 30_000);
      expect(await town.shipment(shipmentId)).toMatchObject({ courierId: "birch" });
    }
    expect(town.resolved).toContain("no_courier");
    for (const id of ["acorn", "cedar"]) town.courier(id).setQuirks({ down: false });
    for (const each of waiting) await town.settled(each);
    for (const { shipmentId } of waiting) expect(town.liveLabels(shipmentId)).toHaveLength(1);
  });
});

describe("second thoughts about a label", () => {
  /** An order whose label is there, called off. */
  async function calledOff(...faults: OrderedFault[]): Promise<Placed> {
    const order = await town.placePaid(...faults);
    await town.settled(order);
    return order;
  }
  const callOff = (orderId: string) => town.bus.execute(cancelOrder, { orderId, reason: "second thoughts", cause: "request" }, by(system));

  it("void it, also where the courier's answer is lost", async () => {
    const { orderId, shipmentId } = await calledOff({ courier: "acorn", kind: "cancel", fault: "hang_after" });
    await callOff(orderId);
    await until("the label is void", async () => (await town.shipment(shipmentId)).booking === "cancelled");
    expect((await town.story(shipmentId)).slice(-2)).toEqual(["ShipmentVoidRequested", "ShipmentCancelled"]);
    expect(town.liveLabels(shipmentId)).toEqual([]);
  });

  it("bring the parcel back where it has left", async () => {
    const { orderId, shipmentId } = await calledOff();
    await town.see(shipmentId, "PICKED_UP");
    await callOff(orderId);
    await until("it is to come back", async () => (await town.shipment(shipmentId)).returning);
    expect((await town.story(shipmentId)).slice(-3)).toEqual(["ShipmentVoidRequested", "ShipmentVoidRefused", "ShipmentReturnStarted"]);
    expect(town.alerts).toContainEqual(expect.objectContaining({ key: `parcel_left_after_cancel:${shipmentId}` }));
  });

  it("need a person where the courier keeps it; should it leave, it is known to be unwanted", async () => {
    const { orderId, shipmentId } = await calledOff({ courier: "acorn", kind: "cancel", fault: "refuse_cancel", times: 5 });
    await callOff(orderId);
    await until("somebody is told", async () => town.alerts.some(({ key }) => key === `void_refused:${shipmentId}`));
    await until("it is written down", async () => !(await town.shipment(shipmentId)).voiding);
    expect(await town.shipment(shipmentId)).toMatchObject({ booking: "booked", unwanted: true, returning: false });
  });
});

describe("what is left of earlier calls", () => {
  type Step = Exclude<ShipmentCommand, { type: "RecordBooking" }>;
  const giveUp = (attempt: number, to?: NextAttempt): Step => ({ type: "GiveUpAttempt", attempt, code: "timeout", message: "no answer", inDoubt: true, next: to ?? null });
  /** As if another worker had done so. @param bus without consumers nobody hears of it */
  async function wrote(bus: TestBus, of: Placed, ...steps: readonly Step[]): Promise<void> {
    for (const step of steps) await bus.execute(moveShipment, { ...of, step }, by(system));
  }

  it("a label that came to light too late is called off, and never the parcel's own at the same courier", async () => {
    const placed = await town.place();
    // Its worker was paused before the call went out, so that the courier knew of none.
    await wrote(town.shop.process({ consumers: [] }), placed, asking(placed, "acorn"), giveUp(1), { type: "SettleAttempt", attempt: 1, outcome: "none" });
    await town.pay(placed.orderId);
    const { bookingReference, attempts: [called], content } = await town.settled(placed);
    expect(town.labelsMade(placed.shipmentId)).toEqual(["acorn"]);
    const jobs = town.jobs();
    const desk = new CourierDesk(jobs);
    const of = { ...placed, queue: "test", causationId: placed.orderId };
    const late = await jobs.market.courier("acorn")!.book({
      shipmentId: placed.shipmentId, orderId: placed.orderId, weightGrams: 100, idempotencyKey: `book:${placed.shipmentId}:1`,
      destination: { name: "Ada", street: "1 Mill Lane", city: "Leeds", postalCode: "10115", country: "DE" },
    });
    expect(town.liveLabels(placed.shipmentId)).toHaveLength(2);
    await desk.record(of, content!, called!, late);
    const shipment = await town.settled(placed);
    expect(shipment.attempts.map(({ state }) => state)).toEqual(["voided", "booked"]);
    expect(town.liveLabels(placed.shipmentId)).toEqual([{ courierId: "acorn", bookingReference }]);
  });

  it("a parcel that nobody could take is sent when its order goes on", async () => {
    const placed = await town.place();
    await wrote(town.shop.process({ consumers: [] }), placed, { type: "RecordImpossible", ...placed, reason: "nobody goes there" });
    await town.pay(placed.orderId);
    await town.settled(placed);
    expect((await town.story(placed.shipmentId)).slice(0, 4)).toEqual(["ShipmentImpossible", "ShipmentDecided", "ShipmentAttempted", "ShipmentBooked"]);
  });

  it("a courier that the settings lost holds up no parcel, and its job says what to do", async () => {
    const others = ["acorn", "birch", "cedar"];
    const placed = await town.place(...others.map((courier) => ({ courier, kind: "find", fault: "unavailable" }) as const));
    // Each may have a label of it: it waits for one of them to say, and for nobody who never will.
    await wrote(town.bus, placed, asking(placed, "gone"), ...others.map((courier, index) => giveUp(index + 1, asking(placed, courier).next)), giveUp(4));
    await town.pay(placed.orderId);
    await until("the order is allocated", async () => await town.status(placed.orderId) === "ALLOCATED", 30_000);
    expect(await town.story(placed.shipmentId)).toContain("ShipmentDelayed");
    await until("somebody is told", async () => town.alerts.some(({ key, severity }) => key === "courier_gone:gone" && severity === "critical"));
    await until("the job is tried again, and says what to do", async () => (await town.shop.pool.query(
      "SELECT FROM pgboss.job WHERE name = 'shipping.settle' AND state = 'retry' AND data->>'correlationId' = $1 AND output->>'message' LIKE '%courier gone any more: put it back into COURIERS_FILE%'",
      [placed.orderId])).rowCount === 1);
  });
});
