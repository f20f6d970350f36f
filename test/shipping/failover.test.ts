import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { cancelOrder } from "../../src/commands/orders/cancel-order.js";
import { bookHandler } from "../../src/commands/shipping/book.job.js";
import type { JobAttemptInfo } from "../../src/platform/jobs/job-handler.js";
import { by } from "../bus/shop.js";
import { until } from "../replication/until.js";
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
    expect(await town.story(shipmentId)).not.toContain("ShipmentDelayed");
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
