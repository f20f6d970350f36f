import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { expectArrival, type Journey } from "../../src/commands/shipping/choice/arrival.js";
import { believe } from "../../src/commands/shipping/choice/beliefs.js";
import { dayMs, dayOf } from "../../src/commands/shipping/choice/lane-state.js";
import { defaultParameters } from "../../src/commands/shipping/choice/parameters.js";
import { delivered, evidenceOf, laneAfter, noEvidence, nowMs, today } from "./choice/situation.js";

const prior = believe(noEvidence, defaultParameters, nowMs).lane;
const journey: Journey = { handOverMs: today * dayMs, promisedDays: 3, nowMs: today * dayMs };
const daysOf = (span: object): number[] => Object.values(span as Record<string, number>).map((atMs) => dayOf(atMs) - today);

describe("when a parcel is expected", () => {
  it("is around the promise as long as nothing is known", () => {
    expect(daysOf(expectArrival(prior, journey))).toEqual([1, 3, 4]);
  });

  it("follows what the lane does: where it is always two days late, that is what is told", () => {
    const late = believe(evidenceOf(laneAfter([500, delivered(2)])), defaultParameters, nowMs).lane;
    expect(daysOf(expectArrival(late, journey))).toEqual([5, 5, 5]);
  });

  it("leaves out the days that the parcel has outlived", () => {
    const twoDaysLate = expectArrival(prior, { ...journey, nowMs: (today + 5) * dayMs });
    expect(daysOf(twoDaysLate)[0]).toBeGreaterThanOrEqual(5);
    expect(twoDaysLate.likelyMs).toBeGreaterThan(expectArrival(prior, journey).likelyMs);
  });

  it("goes on for one that is later than all others", () => {
    const forgotten = expectArrival(prior, { ...journey, nowMs: (today + 30) * dayMs });
    expect(daysOf(forgotten)[0]).toBe(30);
    expect(daysOf(forgotten)[2]).toBeLessThan(45);
  });

  it("is today for one that is with the driver", () => {
    const noon = { ...journey, nowMs: nowMs + dayMs };
    expect(daysOf(expectArrival(prior, { ...noon, outForDelivery: true }))).toEqual([1, 1, 1]);
    expect(daysOf(expectArrival(prior, noon))[2]).toBeGreaterThan(1);
  });

  const anyJourney = fc.record({
    offsets: fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: -3, max: 12 })), { maxLength: 5 }),
    promisedDays: fc.integer({ min: 0, max: 10 }), handOver: fc.integer({ min: 0, max: dayMs - 1 }), waited: fc.integer({ min: -dayMs, max: 20 * dayMs }),
    outForDelivery: fc.boolean(),
  });
  it("comes in order, not before the hand-over, not in the past", () => {
    fc.assert(fc.property(anyJourney, ({ offsets, promisedDays, handOver, waited, outForDelivery }) => {
      const { lane } = believe(evidenceOf(laneAfter(...offsets.map(([times, offset]) => [times, delivered(offset)] as const))), defaultParameters, nowMs);
      const handOverMs = today * dayMs + handOver;
      const { earliestMs, likelyMs, latestMs } = expectArrival(lane, { handOverMs, promisedDays, nowMs: handOverMs + waited, outForDelivery });
      expect(earliestMs).toBeGreaterThanOrEqual(Math.max(handOverMs, handOverMs + waited));
      expect([earliestMs, likelyMs, latestMs]).toEqual([earliestMs, likelyMs, latestMs].sort((one, other) => one - other));
      expect(latestMs).toBeLessThan(handOverMs + Math.max(0, waited) + 121 * dayMs);
    }));
  });

  it("is right by the numbers: of simulated parcels a tenth comes before, a tenth after", () => {
    const { lane } = believe(evidenceOf(laneAfter([60, delivered(-1)], [200, delivered(0)], [30, delivered(1)], [10, delivered(4)])), defaultParameters, nowMs);
    const { earliestMs, latestMs } = expectArrival(lane, journey);
    // By the same hazards, a day at a time and evenly within it.
    const survivalAt = (atMs: number): number => lane.hazards.reduce((left, hazard, index) => {
      const beginMs = (today + 3 - 3 + index) * dayMs;
      const share = Math.min(1, Math.max(0, (atMs - beginMs) / dayMs));
      return left * (1 - share * hazard.hits / (hazard.hits + hazard.misses));
    }, 1);
    expect(survivalAt(earliestMs)).toBeCloseTo(0.9, 6);
    expect(survivalAt(latestMs)).toBeCloseTo(0.1, 6);
  });
});
