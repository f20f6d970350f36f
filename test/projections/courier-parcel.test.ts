import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { ShipmentBooked, ShipmentEvent, ShipmentTracked } from "../../src/events/shipping.js";
import { courierParcel } from "../../src/projections/shipping/courier-parcel.projection.js";
import { bookingFacts } from "../support/booked-parcel.js";
import { foldBothWays, recorded } from "./in-memory.js";

const ids = { shipmentId: "p1", orderId: "o1" };
const booked: ShipmentBooked = {
  type: "ShipmentBooked", ...bookingFacts, ...ids, courierId: "swift", bookingReference: "b1", trackingCode: "T1", lines: [], weightGrams: 800, parcelCount: 1,
  service: "express", priceMinor: 590, promisedDays: 1.5,
};
const failed = (attempt: number, courierId: string, code: string, inDoubt = false): ShipmentEvent =>
  ({ type: "ShipmentAttemptFailed", ...ids, attempt, courierId, service: null, region: "DE-1", code, message: "", inDoubt });
const tracked = (status: ShipmentTracked["status"], occurredAt: string, more: Partial<ShipmentTracked> = {}): ShipmentTracked => ({
  type: "ShipmentTracked", ...ids, courierId: "swift", trackingCode: "T1", status, currentStatus: status, milestone: null, reasonCode: null,
  rawCode: status, scanId: occurredAt, city: null, occurredAt, ...more,
});
const rowsAfter = (...events: ShipmentEvent[]) => foldBothWays(courierParcel, recorded("shipment", ({ shipmentId }: ShipmentEvent) => shipmentId, events));
const rowAfter = (...events: ShipmentEvent[]) => rowsAfter(...events)["p1"];

describe("a parcel as its courier is judged by it", () => {
  it("begins with the label: price, week, and when the courier has to be at the door", () => {
    expect(rowAfter(booked)).toMatchObject({
      courierId: "swift", service: "express", region: "DE-1", week: "2025-12-29T00:00:00.000Z", priceMinor: 590, failureCode: null,
      bookedAt: "2026-01-01T08:00:00.000Z", dueAt: "2026-01-02T20:00:00.000Z", deliveredAt: null,
    });
    expect(rowAfter({ ...booked, promisedDays: null, service: null })).toMatchObject({ dueAt: null, service: "" });
  });

  it("counts weeks from Monday, the last of a year and the first of the next being one", () => {
    const weekOf = (bookedAt: string): string | undefined => rowAfter({ ...booked, bookedAt })?.week;
    expect(["2026-01-04T23:59:59.999Z", "2026-01-05T00:00:00.000Z", "2026-03-01T12:00:00.000Z"].map(weekOf))
      .toEqual(["2025-12-29T00:00:00.000Z", "2026-01-05T00:00:00.000Z", "2026-02-23T00:00:00.000Z"]);
  });

  it("is one more row for each booking that failed, but not where the courier was never asked, or nobody stayed to hear it", () => {
    const rows = rowsAfter(failed(1, "snail", "timeout", true), failed(2, "comet", "held_back"), failed(3, "comet", "unavailable"), failed(4, "comet", "abandoned", true), { ...booked, attempt: 5 });
    expect(Object.keys(rows).sort()).toEqual(["p1", "p1/1", "p1/3"]);
    expect(rows["p1/1"]).toMatchObject({ courierId: "snail", failureCode: "timeout", week: "2026-01-26T00:00:00.000Z", bookedAt: null, priceMinor: null });
  });

  it("forgets the failure where the attempt turns out to have made the label", () => {
    expect(Object.keys(rowsAfter(failed(1, "swift", "timeout", true), failed(2, "comet", "rejected"), { ...booked, attempt: 1 })).sort()).toEqual(["p1", "p1/2"]);
  });

  it("gives the courier as much longer as we handed over late, and no less where we were early", () => {
    const due = (handedOverAt: string): string | null | undefined => rowAfter(booked, { type: "ShipmentHandedOver", ...ids, courierId: "swift", handedOverAt })?.dueAt;
    expect(due("2026-01-01T20:00:00.000Z")).toBe("2026-01-03T00:00:00.000Z");
    expect(due("2026-01-01T09:00:00.000Z")).toBe("2026-01-02T20:00:00.000Z");
  });

  it("arrived when we heard of it where the courier's clock says a time that cannot be", () => {
    const arrived = (occurredAt: string): string | null | undefined => rowAfter(booked, tracked("delivered", occurredAt))?.deliveredAt;
    const heard = arrived("2099-01-01T00:00:00.000Z");
    expect(heard).toMatch(/^2026-01-/);
    expect(["0001-01-01T00:00:00.000Z", "2026-01-01T07:59:59.999Z"].map(arrived)).toEqual([heard, heard]);
    expect(arrived("2026-01-01T08:00:00.000Z")).toBe("2026-01-01T08:00:00.000Z");
  });

  it("was lost until it is seen again", () => {
    const lost: ShipmentEvent = { type: "ShipmentLost", ...ids, courierId: "swift", lastNewsAt: booked.bookedAt, lostAt: "2026-01-20T00:00:00.000Z" };
    expect(rowAfter(booked, lost)).toMatchObject({ lost: true });
    expect(rowAfter(booked, lost, tracked("in_transit", "2026-01-21T00:00:00Z", { lostAt: "2026-01-20T00:00:00.000Z" }))).toMatchObject({ lost: false, deliveredAt: null });
  });

  it("came back where the courier or its failures say so, not where it was to be called off", () => {
    const back = (cause: "courier" | "failures" | "left_after_cancellation") => rowAfter(booked, { type: "ShipmentReturnStarted", ...ids, courierId: "swift", cause });
    expect([back("courier"), back("failures"), back("left_after_cancellation")].map((row) => row?.returned)).toEqual([true, true, false]);
    expect(rowAfter(booked, { type: "ShipmentCancelled", ...ids, reason: "r" })).toMatchObject({ calledOff: true });
  });

  it("is the same in whatever order its news comes, and however often", () => {
    const news: readonly ShipmentEvent[] = [
      tracked("in_transit", "2026-01-01T10:00:00Z"), tracked("delivered", "2026-01-02T11:00:00Z"), tracked("delivered", "2026-01-02T12:00:00+02:00"),
      { type: "ShipmentHandedOver", ...ids, courierId: "swift", handedOverAt: "2026-01-01T17:00:00.000Z" },
      { type: "ShipmentReturnStarted", ...ids, courierId: "swift", cause: "courier" },
      tracked("delivered", "2026-01-02T11:00:00Z"), tracked("return_to_sender", "2026-01-04T11:00:00Z"),
    ];
    fc.assert(fc.property(fc.shuffledSubarray([...news], { minLength: news.length }), (shuffled) => {
      expect(rowAfter(booked, ...shuffled)).toMatchObject({ deliveredAt: "2026-01-02T10:00:00.000Z", dueAt: "2026-01-02T21:00:00.000Z", returned: true, lost: false });
    }), { numRuns: 100 });
  });
});
