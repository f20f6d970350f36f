import { describe, expect, it } from "@jest/globals";
import type { ShipmentBooked, ShipmentEvent, ShipmentTracked } from "../../src/events/shipping.js";
import { scansMax, shipmentCard } from "../../src/projections/shipping/shipment-card.projection.js";
import { foldBothWays, foldInBatches, minute, recorded } from "./in-memory.js";
import { bookingFacts } from "../support/booked-parcel.js";

const shipment = { shipmentId: "p1", orderId: "o1" };
const booked: ShipmentBooked = {
  type: "ShipmentBooked", ...bookingFacts, ...shipment, courierId: "swift", bookingReference: "b1", trackingCode: "T1", lines: [{ sku: "LAMP", quantity: 1 }], weightGrams: 800, parcelCount: 1,
};
const scan = (scanId: string, status: ShipmentTracked["status"], at: number, currentStatus = status): ShipmentTracked => ({
  type: "ShipmentTracked", ...shipment, courierId: "swift", trackingCode: "T1", status, currentStatus, milestone: null,
  reasonCode: null, rawCode: `RAW_${status}`, scanId, city: "Ulm", occurredAt: minute(at),
});
const window = (at: number) => ({ earliest: minute(at), likely: minute(at + 1), latest: minute(at + 2) });
const lost: ShipmentEvent = { type: "ShipmentLost", ...shipment, courierId: "swift", lastNewsAt: minute(1), lostAt: minute(90) };
const history = (...events: ShipmentEvent[]) => recorded("shipment", ({ shipmentId }: ShipmentEvent) => shipmentId, events);
const cardAfter = (...events: ShipmentEvent[]) => foldBothWays(shipmentCard, history(...events))["p1"];

describe("the shipment card", () => {
  it("begins with the courier's label", () => {
    expect(cardAfter(booked)).toMatchObject({ courierId: "swift", trackingCode: "T1", status: "pre_transit", history: [], version: 1 });
  });

  it("puts late news where it belongs, and shows where the parcel is now", () => {
    const card = cardAfter(booked, scan("s3", "out_for_delivery", 30), scan("s2", "in_transit", 20, "out_for_delivery"));
    expect(card).toMatchObject({ status: "out_for_delivery", version: 3 });
    expect(card?.history.map(({ scanId }) => scanId)).toEqual(["s2", "s3"]);
  });

  it("enters a scan once however often the courier tells it, and counts the version on", () => {
    const card = cardAfter(booked, scan("s1", "in_transit", 10), scan("s1", "in_transit", 10));
    expect(card?.history).toEqual([{ scanId: "s1", status: "in_transit", reasonCode: null, rawCode: "RAW_in_transit", city: "Ulm", occurredAt: minute(10) }]);
    expect(card?.version).toBe(3);
  });

  it("keeps the newest scans of a courier that does not stop", () => {
    const storm = Array.from({ length: scansMax + 5 }, (_, index) => scan(`s${String(index)}`, "in_transit", index));
    const card = cardAfter(booked, ...storm);
    expect(card?.history).toHaveLength(scansMax);
    expect(card?.history.at(-1)?.scanId).toBe(`s${String(scansMax + 4)}`);
  });

  it("says why a parcel did not go", () => {
    expect(cardAfter(booked, { type: "ShipmentCancelled", ...shipment, reason: "order cancelled" })).toMatchObject({ status: "cancelled", reason: "order cancelled" });
    expect(cardAfter({ type: "ShipmentImpossible", ...shipment, reason: "too heavy" })).toMatchObject({ status: "error", reason: "too heavy", courierId: null, lines: [] });
  });

  it("says when it is expected, as it moves, until it has arrived, is lost, comes back or is called off", () => {
    const [first, second] = [window(50), window(60)];
    const expected = { ...booked, expectedDelivery: first };
    expect(cardAfter(expected)?.expectedDelivery).toEqual(first);
    expect(cardAfter(expected, scan("s1", "in_transit", 10))?.expectedDelivery).toEqual(first);
    expect(cardAfter(expected, { ...scan("s1", "in_transit", 10), expectedDelivery: second })?.expectedDelivery).toEqual(second);
    for (const end of [
      { ...scan("s2", "delivered", 20), expectedDelivery: second }, scan("s2", "return_to_sender", 20), { ...scan("s2", "in_transit", 20), expectedDelivery: null },
      { type: "ShipmentCancelled", ...shipment, reason: "changed" }, lost, { type: "ShipmentReturnStarted", ...shipment, courierId: "swift", cause: "failures" },
    ] as const) {
      expect(cardAfter(expected, end)?.expectedDelivery).toBeNull();
    }
  });

  it("counts as unscanned from its hand-over until a scan shows it in the courier's hands, or it is not to go", () => {
    const since = (...events: ShipmentEvent[]): string | null | undefined => cardAfter(booked, ...events)?.unscannedSince;
    expect(since()).toBe(bookingFacts.handOverBy);
    expect(since(scan("s1", "pre_transit", 1), scan("s2", "unknown", 2, "pre_transit"), scan("s3", "error", 3))).toBe(bookingFacts.handOverBy);
    expect(since(scan("s1", "in_transit", 1), scan("s2", "pre_transit", 2, "in_transit"))).toBeNull();
    expect(since(scan("s1", "delivered", 1))).toBeNull();
    expect(since({ type: "ShipmentCancelled", ...shipment, reason: "changed" })).toBeNull();
    const handedOver = { type: "ShipmentHandedOver", ...shipment, courierId: "swift", handedOverAt: minute(5) } as const;
    expect([since(handedOver), since(scan("s1", "in_transit", 1), handedOver)]).toEqual([minute(5), null]);
  });

  it("tells of label, hand-over, loss and return", () => {
    expect(cardAfter(booked)).toMatchObject({ labelKept: false, handedOverAt: null, lostAt: null, returnCause: null });
    expect(cardAfter(booked, { type: "ShipmentLabelKept", ...shipment, contentType: "image/png", sizeBytes: 1 }, { type: "ShipmentHandedOver", ...shipment, courierId: "swift", handedOverAt: minute(5) }))
      .toMatchObject({ labelKept: true, handedOverAt: minute(5) });
    expect(cardAfter(booked, lost)).toMatchObject({ lostAt: minute(90), status: "pre_transit" });
    expect(cardAfter(booked, lost, scan("s1", "in_transit", 95))).toMatchObject({ lostAt: null });
    expect(cardAfter(booked, { type: "ShipmentReturnStarted", ...shipment, courierId: "swift", cause: "failures" })).toMatchObject({ returnCause: "failures" });
  });

  it("refuses news of a parcel that nobody booked", () => {
    expect(() => foldInBatches(shipmentCard, history(scan("s1", "in_transit", 1)), 1)).toThrow(/before ShipmentBooked/);
  });
});
