import { describe, expect, it } from "@jest/globals";
import { shipmentDecider, type ShipmentCommand } from "../../src/commands/shipping/shipment/shipment.decider.js";
import type { RecordScans, Scan } from "../../src/commands/shipping/shipment/scans.js";
import type { ShipmentEvent, TrackingStatus } from "../../src/events/shipping.js";
import { fold } from "../../src/kernel/decider.js";
import { specification } from "../support/specification.js";
import { bookingFacts } from "../support/booked-parcel.js";

const given = specification(shipmentDecider);
const ids = { shipmentId: "s1", orderId: "o1" };
const booked: ShipmentEvent = {
  type: "ShipmentBooked", ...ids, ...bookingFacts, courierId: "swift", bookingReference: "b1", trackingCode: "t1", lines: [{ sku: "TEA", quantity: 1 }], weightGrams: 120, parcelCount: 1,
};
const cancelled: ShipmentEvent = { type: "ShipmentCancelled", ...ids, reason: "called off" };

const hour = (count: number): string => new Date(Date.UTC(2026, 0, 2, count)).toISOString();
const scan = (status: TrackingStatus, at: number, changes: Partial<Scan> = {}): Scan => (
  { scanId: `${status}@${String(at)}`, rawCode: status.toUpperCase(), status, reasonCode: null, city: "Ulm", occurredAt: hour(at), ...changes }
);
const report = (scans: readonly Scan[], more: Partial<RecordScans> = {}): ShipmentCommand => ({ type: "RecordScans", scans, ...more });

/** Each report by itself, one after the other: where the parcel stands after each news, and what was new in it. */
function follow(reports: readonly (readonly Scan[])[], history: readonly ShipmentEvent[] = [booked], more: Partial<RecordScans> = {}): string[] {
  let state = fold(shipmentDecider, history);
  return reports.flatMap((scans) => {
    const said = shipmentDecider.decide(report(scans, more), state);
    state = fold(shipmentDecider, said, state);
    return said.map((event) => (event.type === "ShipmentTracked" ? `${event.currentStatus} ${event.milestone ?? "-"}` : event.type));
  });
}

describe("scans of a parcel", () => {
  const journey = [scan("pre_transit", 0), scan("in_transit", 1), scan("failure", 2), scan("out_for_delivery", 3), scan("delivered", 4)];

  it.each([["one by one", journey.map((one) => [one])], ["in one report, reversed", [journey.toReversed()]]])("come to the same %s", (_how, reports) => {
    expect(follow(reports)).toEqual(["pre_transit -", "in_transit left", "failure failure", "out_for_delivery -", "delivered delivered"]);
  });

  it("told ten times are told once, whatever ids the courier gives them", () => {
    const again = Array.from({ length: 10 }, (_, turn) => journey.map((one) => ({ ...one, scanId: `${one.scanId}#${String(turn)}` })));
    expect(follow(again)).toHaveLength(journey.length);
  });

  it("are two where anything but the id differs", () => {
    const one = scan("in_transit", 1);
    expect(follow([[one], [{ ...one, scanId: "x", city: "Bonn" }], [{ ...one, scanId: "y", rawCode: "HUB" }], [{ ...one, scanId: "z", occurredAt: hour(2) }]])).toHaveLength(4);
  });

  it("that come reversed move nothing back: each is history but the first", () =>
    expect(follow(journey.toReversed().map((one) => [one]))).toEqual(["delivered delivered", "delivered -", "delivered -", "delivered -", "delivered -"]));

  it("of the same stage count by their own time, and a failure told late is a failure all the same", () => {
    expect(follow([[scan("out_for_delivery", 3)], [scan("failure", 2)]])).toEqual(["out_for_delivery left", "out_for_delivery failure"]);
    expect(follow([[scan("failure", 2)], [scan("out_for_delivery", 3)]])).toEqual(["failure failure", "out_for_delivery -"]);
  });

  it("leave a delivered parcel delivered, unless it comes back", () => {
    expect(follow([[scan("delivered", 4)], [scan("out_for_delivery", 9)], [scan("failure", 10)]])).toEqual(["delivered delivered", "delivered -", "delivered -"]);
    expect(follow([[scan("delivered", 4)], [scan("return_to_sender", 30)]])).toEqual(["delivered delivered", "return_to_sender returning", "ShipmentReturnStarted"]);
  });

  it("say that a parcel has left whose booking was called off: it is to come back, once", () => {
    expect(follow([[scan("in_transit", 1)], [scan("delivered", 4)]], [booked, cancelled])).toEqual(["in_transit left", "ShipmentReturnStarted", "delivered delivered"]);
  });

  it("leave a label that was called off so, whatever comes late, until its parcel is seen after that", () => {
    expect(follow([[scan("pre_transit", 1)], [scan("unknown", 2)], [scan("error", 3)]], [booked, cancelled])).toEqual(["cancelled -", "cancelled -", "cancelled -"]);
    expect(follow([[scan("cancelled", 5)], [scan("in_transit", 4)], [scan("in_transit", 6)]], [booked, cancelled]))
      .toEqual(["cancelled -", "cancelled left", "ShipmentReturnStarted", "in_transit -"]);
    expect(follow([[scan("cancelled", 5)], [scan("delivered", 4)]])).toEqual(["cancelled -", "delivered delivered"]);
  });

  it("of a word that nobody knows are kept and decide nothing", () =>
    expect(follow([[scan("unknown", 0, { rawCode: "XQ16" })], [scan("in_transit", 1)], [scan("unknown", 2, { rawCode: "XQ17" })]]))
      .toEqual(["pre_transit -", "in_transit left", "in_transit -"]));
});

describe("a courier's clock that is ahead", () => {
  const receivedUntil = { aheadAfter: hour(5) };

  it("is kept as it was told, and marked", () => {
    const said = shipmentDecider.decide(report([scan("in_transit", 99)], receivedUntil), fold(shipmentDecider, [booked]));
    expect(said).toMatchObject([{ occurredAt: hour(99), ahead: true, currentStatus: "in_transit" }]);
    expect(fold(shipmentDecider, [booked, ...said])).toMatchObject({ left: true, leftAt: null, statusAt: null });
  });

  it("does not keep later news from counting", () =>
    expect(follow([[scan("out_for_delivery", 99)], [scan("failure", 4)]], [booked], receivedUntil)).toEqual(["out_for_delivery left", "failure failure"]));

  it("decides no more than its status does", () =>
    expect(follow([[scan("delivered", 4)], [scan("out_for_delivery", 99)]], [booked], receivedUntil)).toEqual(["delivered delivered", "delivered -"]));

  it("within five minutes is a clock like any other", () =>
    expect(shipmentDecider.decide(report([scan("in_transit", 5)], receivedUntil), fold(shipmentDecider, [booked]))[0]).not.toHaveProperty("ahead"));
});

describe("when a parcel is expected", () => {
  const expectedDelivery = { earliest: hour(20), likely: hour(30), latest: hour(40) };
  it("is told with the news, and no longer once it has arrived", () => {
    const said = shipmentDecider.decide(report([scan("in_transit", 1), scan("delivered", 2)], { expectedDelivery }), fold(shipmentDecider, [booked]));
    expect(said.map((event) => (event.type === "ShipmentTracked" ? event.expectedDelivery : event.type))).toEqual([expectedDelivery, null]);
  });
});

describe("a parcel that nobody speaks of", () => {
  const lost: ShipmentEvent = { type: "ShipmentLost", ...ids, courierId: "swift", lastNewsAt: hour(1), lostAt: hour(400) };
  const declare: ShipmentCommand = { type: "DeclareLost", lastNewsAt: hour(1), lostAt: hour(400) };
  const arrived = shipmentDecider.decide(report([scan("delivered", 4)]), fold(shipmentDecider, [booked]));

  it("is declared lost once, and never where it has arrived or was called off", () => {
    given(booked).when(declare).then(lost);
    given(booked, lost).when(declare).thenNothing();
    given(booked, ...arrived).when(declare).thenNothing();
    given(booked, cancelled).when(declare).thenNothing();
  });

  it("is found by the next news, which says since when it had been lost", () => {
    const said = shipmentDecider.decide(report([scan("in_transit", 401), scan("out_for_delivery", 402)]), fold(shipmentDecider, [booked, lost]));
    expect(said.map((event) => (event.type === "ShipmentTracked" ? event.lostAt : event.type))).toEqual([hour(400), undefined]);
    given(booked, lost, ...said).when(declare).then(lost);
  });
});

describe("what becomes of a parcel by our own word", () => {
  const arrived = shipmentDecider.decide(report([scan("delivered", 4)]), fold(shipmentDecider, [booked]));
  const back: ShipmentEvent = { type: "ShipmentReturnStarted", ...ids, courierId: "swift", cause: "failures" };

  it("comes back once, and not where its buyer has it meanwhile", () => {
    given(booked).when({ type: "StartReturn", cause: "failures" }).then(back);
    given(booked, back).when({ type: "StartReturn", cause: "failures" }).thenNothing();
    given(booked, ...arrived).when({ type: "StartReturn", cause: "failures" }).thenNothing();
  });

  it("is handed over once, and has one label kept", () => {
    const handed: ShipmentEvent = { type: "ShipmentHandedOver", ...ids, courierId: "swift", handedOverAt: hour(2) };
    given(booked).when({ type: "HandOver", handedOverAt: hour(2) }).then(handed);
    given(booked, handed).when({ type: "HandOver", handedOverAt: hour(3) }).thenNothing();
    given(booked, cancelled).when({ type: "HandOver", handedOverAt: hour(3) }).thenNothing();
    const kept: ShipmentEvent = { type: "ShipmentLabelKept", ...ids, contentType: "application/pdf", sizeBytes: 9 };
    given(booked).when({ type: "KeepLabel", contentType: "application/pdf", sizeBytes: 9 }).then(kept);
    given(booked, kept).when({ type: "KeepLabel", contentType: "application/pdf", sizeBytes: 9 }).thenNothing();
  });
});
