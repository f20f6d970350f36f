import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { dayMs, decayTo, earliestOffset, emptyLane, learn, type LaneState, type Outcome } from "../../../src/commands/shipping/choice/lane-state.js";
import { laneKeys, regionOf, weekdayOf } from "../../../src/commands/shipping/choice/lanes.js";
import { delivered, failed, halfLifeDays, laneAfter, nowMs, today, underWay } from "./situation.js";

const arrivalsAt = (state: LaneState, offset: number): number | undefined => state.arrivals[offset - earliestOffset];

describe("learning from a parcel", () => {
  it("counts bookings, deliveries by days against the promise, and what failed", () => {
    const state = laneAfter([3, { kind: "booked" }], [1, { kind: "booking_failed" }], [2, delivered(0)], [1, delivered(2)], [1, failed]);
    expect(state).toMatchObject({ booked: 3, refused: 1, failed: 1 });
    expect([arrivalsAt(state, 0), arrivalsAt(state, 2), arrivalsAt(state, 1)]).toEqual([2, 1, 0]);
  });

  it("counts very early and very late ones at its ends", () => {
    const state = laneAfter([1, delivered(-30)], [1, delivered(99)]);
    expect([state.arrivals[0], state.arrivals.at(-1)]).toEqual([1, 1]);
  });

  it("keeps who is under way by the promised day until there is news", () => {
    const onTheWay = laneAfter([2, underWay(0)], [1, underWay(3)]);
    expect(onTheWay.underWay).toEqual([[today - 3, 1], [today, 2]]);
    expect(learn(onTheWay, delivered(1), nowMs, halfLifeDays).underWay).toEqual([[today - 3, 1], [today, 1]]);
    expect(learn(onTheWay, { kind: "called_off", dueDay: today - 3 }, nowMs, halfLifeDays)).toMatchObject({ failed: 0, underWay: [[today, 2]] });
  });

  it("takes a loss back when the parcel is found", () => {
    const lost = laneAfter([1, underWay(15)], [1, { kind: "failed", dueDay: today - 15 }]);
    const found = learn(lost, { kind: "found", dueDay: today - 15, deliveredDay: today + 7, lostAtMs: nowMs }, nowMs + 7 * dayMs, halfLifeDays);
    expect(found.failed).toBeCloseTo(0, 10);
    expect(found.arrivals.at(-1)).toBe(1);
    expect(found.underWay).toEqual([]);
  });

  it("forgets half in a half-life, and nothing of what is under way", () => {
    const later = decayTo(laneAfter([8, { kind: "booked" }], [4, failed], [2, delivered(0)], [1, underWay(0)]), nowMs + halfLifeDays * dayMs, halfLifeDays);
    expect(later).toMatchObject({ booked: 4, failed: 2 });
    expect(arrivalsAt(later, 0)).toBe(1);
    expect(later.underWay.length).toBeGreaterThan(0);
  });

  it("never grows younger", () => {
    const state = laneAfter([8, { kind: "booked" }]);
    expect(decayTo(state, nowMs - dayMs, halfLifeDays)).toBe(state);
  });

  it("ends the list of who is under way, whatever comes", () => {
    let state = emptyLane(nowMs);
    for (let day = 0; day < 1_000; day++) state = learn(state, { kind: "handed_over", dueDay: today + day }, nowMs + day * dayMs, halfLifeDays);
    expect(state.underWay.length).toBeLessThanOrEqual(91);
  });

  it("is JSON, and the same in whatever order the news came", () => {
    const outcome = fc.oneof(
      fc.constantFrom<Outcome>({ kind: "booked" }, { kind: "booking_failed" }),
      fc.tuple(fc.constantFrom("handed_over" as const, "failed" as const, "called_off" as const), fc.integer({ min: 0, max: 5 })).map(([kind, day]): Outcome => ({ kind, dueDay: today + day })),
      fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: -4, max: 12 })).map(([day, offset]): Outcome => ({ kind: "delivered", dueDay: today + day, deliveredDay: today + day + offset })),
    );
    const news = fc.array(fc.tuple(outcome, fc.integer({ min: 0, max: 20 })), { maxLength: 12 });
    fc.assert(fc.property(news.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))), ([all, shuffled]) => {
      const fold = (some: typeof all): LaneState => decayTo(some.reduce((state, [one, day]) => learn(state, one, nowMs + day * dayMs, halfLifeDays), emptyLane(nowMs)), nowMs + 30 * dayMs, halfLifeDays);
      const [one, other] = [fold(all), fold(shuffled)];
      expect(JSON.parse(JSON.stringify(one))).toEqual(one);
      expect(other.underWay).toEqual(one.underWay);
      for (const key of ["booked", "refused", "failed"] as const) expect(other[key]).toBeCloseTo(one[key], 9);
      one.arrivals.forEach((count, index) => { expect(other.arrivals[index]).toBeCloseTo(count, 9); });
    }));
  });
});

describe("the rows that learn of a parcel", () => {
  it("are its lane's, its service's, its courier's, everybody's and its weekday's", () => {
    expect(laneKeys("falcon", "express", "DE-1", nowMs)).toEqual({
      lane: { courierId: "falcon", service: "express", region: "DE-1" }, service: { courierId: "falcon", service: "express", region: "*" },
      courier: { courierId: "falcon", service: "*", region: "*" }, all: { courierId: "*", service: "*", region: "*" },
      weekday: { courierId: "falcon", service: "express", region: "weekday-3" },
    });
    expect(weekdayOf(Date.parse("2026-01-05T23:59:59Z"))).toBe(1);
  });

  it.each([["10115", 1, "DE-1"], ["10 115", 2, "DE-10"], ["sw1a", 1, "DE-S"], ["", 1, "DE"], ["10115", 0, "DE"]])("of postal code %j with %i digits: %s", (postalCode, digits, region) => {
    expect(regionOf({ country: "DE", postalCode }, digits)).toBe(region);
  });
});
