import { describe, expect, it } from "@jest/globals";
import { dayMs, type Outcome } from "../../src/commands/shipping/choice/lane-state.js";
import { follow, noCourse } from "../../src/commands/shipping/learning/parcel-course.js";
import { serviceName } from "../../src/commands/shipping/market/market-settings.js";
import type { ShipmentEvent, ShipmentTracked } from "../../src/events/shipping.js";

const ids = { shipmentId: "s", orderId: "o", courierId: "acorn" } as const;
const terms = { unpromisedDays: 5, serviceName };
const firstDay = Date.UTC(2026, 0, 5) / dayMs;
const at = (day: number, hour = 12): string => new Date((firstDay + day) * dayMs + hour * 3_600_000).toISOString();

const booked: ShipmentEvent = {
  ...ids, type: "ShipmentBooked", bookingReference: "b", trackingCode: "t", lines: [], weightGrams: 100, parcelCount: 1, attempt: 1, service: "express", region: "DE-1",
  priceMinor: 500, promisedDays: 1.5, bookedAt: at(0), handOverBy: at(0, 18), expectedDelivery: null,
};
const attempted: ShipmentEvent = { ...ids, type: "ShipmentAttempted", attempt: 1, service: null, rateReference: null, priceMinor: null, promisedDays: null, region: "DE-1", attemptedAt: at(0) };
const failed = (code: string): ShipmentEvent => ({ ...ids, type: "ShipmentAttemptFailed", attempt: 1, service: null, region: "DE-1", code, message: "", inDoubt: false });
const scan = (status: ShipmentTracked["status"], milestone: ShipmentTracked["milestone"], occurredAt: string): ShipmentEvent => ({
  ...ids, type: "ShipmentTracked", trackingCode: "t", status, currentStatus: status, milestone, reasonCode: null, rawCode: "X", scanId: occurredAt, city: null, occurredAt,
});
const left = scan("in_transit", "left", at(0, 19));
const lost: ShipmentEvent = { ...ids, type: "ShipmentLost", lastNewsAt: at(0), lostAt: at(20) };
const cancelled: ShipmentEvent = { ...ids, type: "ShipmentCancelled", reason: "no longer wanted" };
const returned: ShipmentEvent = { ...ids, type: "ShipmentReturnStarted", cause: "courier" };

/** An event, and when it was recorded, where that matters. */
type Told = ShipmentEvent | readonly [ShipmentEvent, string];

/** What all of it teaches; each event is recorded an hour after the last one, or at its own time. */
function lessonsOf(...events: readonly Told[]) {
  let course = noCourse;
  return events.flatMap((told) => {
    const [event, recordedAt] = Array.isArray(told) ? told as readonly [ShipmentEvent, string] : [told as ShipmentEvent, at(30)];
    const step = follow(course, event, recordedAt, terms);
    course = step.course;
    return step.lessons;
  });
}
const outcomesOf = (...events: readonly Told[]): Outcome[] => lessonsOf(...events).map(({ outcome }) => outcome);
const [bookedOnce, gone]: readonly Outcome[] = [{ kind: "booked" }, { kind: "handed_over", dueDay: firstDay + 2 }];

describe("what a parcel teaches of its courier", () => {
  it("is its booking, its hand-over and its arrival, by lane", () => {
    const lessons = lessonsOf(booked, left, scan("delivered", "delivered", at(3)));
    expect(lessons.map(({ outcome }) => outcome)).toEqual([bookedOnce, gone, { kind: "delivered", dueDay: firstDay + 2, deliveredDay: firstDay + 3 }]);
    expect(lessons.map(({ keys }) => [keys.lane, keys.weekday.region])).toEqual(lessons.map(() => [{ courierId: "acorn", service: "express", region: "DE-1" }, "weekday-1"]));
    expect(lessons[2]!.atMs).toBe(Date.parse(at(3)));
  });

  it("is a failed booking, but for those that never reached the courier or whose worker died", () => {
    expect(lessonsOf(attempted, failed("timeout"))).toMatchObject([{ outcome: { kind: "booking_failed" }, keys: { lane: { service: "usual" }, weekday: { region: "weekday-1" } } }]);
    expect(outcomesOf(attempted, failed("held_back"), failed("abandoned"))).toEqual([]);
  });

  it("begins when we say so, or with the first scan, and once", () => {
    const handedOver: ShipmentEvent = { ...ids, type: "ShipmentHandedOver", handedOverAt: at(0, 17) };
    expect(outcomesOf(booked, handedOver, left)).toEqual([bookedOnce, gone]);
    expect(outcomesOf(booked, left, handedOver)).toEqual([bookedOnce, gone]);
  });

  it("whose first scan is at the door was with the courier since the pick-up", () => {
    expect(outcomesOf(booked, scan("delivered", "delivered", at(1)))).toEqual([bookedOnce, gone, { kind: "delivered", dueDay: firstDay + 2, deliveredDay: firstDay + 1 }]);
  });

  it("is no more than once how it ended", () => {
    const end = { kind: "failed", dueDay: firstDay + 2 };
    expect(outcomesOf(booked, left, scan("return_to_sender", "returning", at(3)), returned, lost)).toEqual([bookedOnce, gone, end]);
    expect(outcomesOf(booked, left, scan("delivered", "delivered", at(1)), scan("return_to_sender", "returning", at(3)), returned)).toHaveLength(3);
  });

  it("is that it was found, where it was lost before; one that comes back stays a failure", () => {
    const found = scan("delivered", "delivered", at(25));
    expect(outcomesOf(booked, left, lost, found).slice(2)).toEqual([
      { kind: "failed", dueDay: firstDay + 2 }, { kind: "found", dueDay: firstDay + 2, deliveredDay: firstDay + 25, lostAtMs: Date.parse(at(20)) },
    ]);
    expect(outcomesOf(booked, left, lost, scan("return_to_sender", "returning", at(25)), returned, found)).toHaveLength(3);
  });

  it("is nothing where it was called off", () => {
    expect(outcomesOf(booked, cancelled, left, scan("delivered", "delivered", at(3)), lost)).toEqual([bookedOnce]);
    expect(outcomesOf(booked, left, cancelled, scan("delivered", "delivered", at(3)))).toEqual([bookedOnce, gone, { kind: "called_off", dueDay: firstDay + 2 }]);
  });

  it("never lies in the future, or before the booking: a courier's clock may be wrong", () => {
    const lessons = lessonsOf(booked, [scan("in_transit", "left", "2001-01-01T00:00:00.000Z"), at(1)], [scan("delivered", "delivered", "2099-01-01T00:00:00.000Z"), at(2)]);
    expect(lessons.map(({ outcome, atMs }) => [outcome, atMs])).toEqual([
      [bookedOnce, Date.parse(at(0))], [gone, Date.parse(at(0))], [{ kind: "delivered", dueDay: firstDay + 2, deliveredDay: firstDay + 2 }, Date.parse(at(2))],
    ]);
  });
});
