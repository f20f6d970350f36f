import { describe, expect, it } from "@jest/globals";
import { shipmentDecider, type ShipmentCommand } from "../../src/commands/shipping/shipment/shipment.decider.js";
import type { Scan } from "../../src/commands/shipping/shipment/scans.js";
import type { ShipmentEvent, TrackingStatus } from "../../src/events/shipping.js";
import { fold } from "../../src/kernel/decider.js";
import { specification } from "../support/specification.js";
import { asking, bookingFacts } from "../support/booked-parcel.js";

const given = specification(shipmentDecider);
const ids = { shipmentId: "s1", orderId: "o1" };
const booking = { ...ids, ...bookingFacts, courierId: "swift", bookingReference: "b1", trackingCode: "t1", lines: [{ sku: "TEA", quantity: 1 }], weightGrams: 120, parcelCount: 1 };
const book: ShipmentCommand = { type: "RecordBooking", ...booking };
const booked: ShipmentEvent = { type: "ShipmentBooked", ...booking };
const impossible: ShipmentEvent = { type: "ShipmentImpossible", ...ids, reason: "no address" };
const cancelled: ShipmentEvent = { type: "ShipmentCancelled", ...ids, reason: "called off" };

const asked = shipmentDecider.decide(asking(ids), fold(shipmentDecider, []));

const scan = (status: TrackingStatus, scanId: string = status): Scan => ({ scanId, rawCode: status.toUpperCase(), status, reasonCode: null, city: null, occurredAt: "2026-01-01T09:00:00Z" });
const track = (...scans: readonly Scan[]): ShipmentCommand => ({ type: "RecordScans", scans });

/** What the scans came to: where the parcel stands, and what was news. */
function follow(...statuses: readonly TrackingStatus[]): string[] {
  const scans = statuses.map((status, index) => scan(status, String(index)));
  const said = shipmentDecider.decide(track(...scans), fold(shipmentDecider, [booked]));
  return said.map((event) => (event.type === "ShipmentTracked" ? `${event.currentStatus} ${event.milestone ?? "-"}` : event.type));
}

describe("a shipment", () => {
  it("is booked once", () => {
    given(...asked).when(book).then(booked);
    given(...asked, booked).when(book).thenNothing();
  });
  it("is impossible only before it was booked", () => {
    given().when({ type: "RecordImpossible", ...ids, reason: "no address" }).then(impossible);
    given(booked).when({ type: "RecordImpossible", ...ids, reason: "no address" }).thenNothing();
  });
  it("is called off once, and only when it was booked", () => {
    given(booked).when({ type: "RecordCancellation", reason: "called off" }).then(cancelled);
    given(booked, cancelled).when({ type: "RecordCancellation", reason: "called off" }).thenNothing();
    given().when({ type: "RecordCancellation", reason: "called off" }).thenNothing();
  });
});

describe("a parcel on its way", () => {
  it("leaves once and arrives once", () =>
    expect(follow("pre_transit", "in_transit", "out_for_delivery", "delivered")).toEqual(["pre_transit -", "in_transit left", "out_for_delivery -", "delivered delivered"]));
  it("does not go backward by late news", () => expect(follow("delivered", "in_transit")).toEqual(["delivered delivered", "delivered -"]));
  it("that arrives unseen has arrived, and needs no leaving", () => expect(follow("pre_transit", "delivered")).toEqual(["pre_transit -", "delivered delivered"]));
  it("that went back has not reached its buyer, though it was delivered to its sender", () =>
    expect(follow("in_transit", "return_to_sender", "delivered")).toEqual(["in_transit left", "return_to_sender returning", "ShipmentReturnStarted", "return_to_sender -"]));
  it("hears of a scan once, also within one report", () => {
    const said = shipmentDecider.decide(track(scan("in_transit"), scan("in_transit")), fold(shipmentDecider, [booked]));
    expect(said).toHaveLength(1);
    given(booked, ...said).when(track(scan("in_transit"))).thenNothing();
  });
  it("that was called off comes back when it leaves all the same, whatever its courier said to that", () => {
    const wanted: ShipmentEvent = { type: "ShipmentVoidRequested", ...ids, courierId: "swift", reason: "x" };
    const refused: ShipmentEvent = { type: "ShipmentVoidRefused", ...ids, courierId: "swift", code: "not_cancellable" };
    for (const history of [[booked, cancelled], [booked, wanted], [booked, wanted, refused]]) {
      const said = shipmentDecider.decide(track(scan("in_transit")), fold(shipmentDecider, history));
      expect(said.at(-1)).toEqual({ type: "ShipmentReturnStarted", ...ids, courierId: "swift", cause: "left_after_cancellation" });
    }
  });
  it("is not followed before it was booked", () => given().when(track(scan("in_transit"))).thenNothing());
});
