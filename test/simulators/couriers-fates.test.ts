import { describe, expect, it } from "@jest/globals";
import { CourierClock } from "../../src/simulators/couriers/courier-clock.js";
import { Episodes } from "../../src/simulators/couriers/episodes.js";
import { drawFate, type Trip } from "../../src/simulators/couriers/fate.js";
import { dayMs, type JourneyStep } from "../../src/simulators/couriers/journey.js";
import { luckOf } from "../../src/simulators/couriers/luck.js";
import { couriersOfTheTown } from "../../src/simulators/couriers/personalities.js";
import type { Lane } from "../../src/simulators/couriers/personality.js";
import { mondayMs } from "./couriers-ground.js";

const usual = { priceFactor: 1, daysFactor: 1, troubleFactor: 1 };
const drawn = 4_000;

const lanes = couriersOfTheTown.flatMap(({ id, pickup, services }) =>
  services.flatMap(({ name, lanes: of }) => of.map((lane): [string, Lane, number] => [`${id} ${name} ${lane.region}`, lane, pickup.cutOffHour])));

function fates(lane: Lane, change: Partial<Trip> = {}): readonly (readonly JourneyStep[])[] {
  return Array.from({ length: drawn }, (_, n) => drawFate({
    lane, conditions: usual, pickUpAfterDays: 0.3, promisedDays: lane.promisedDays, city: "Leeds", unknownCodeRate: 0, forgottenRate: 0,
    luck: luckOf(`fates/${n}`), ...change,
  }));
}

const ends = (code: string) => (steps: readonly JourneyStep[]): boolean => steps.at(-1)!.code === code;
const has = (code: string) => (steps: readonly JourneyStep[]): boolean => steps.some((step) => step.code === code);

/** What so many draws may be away from the rate: five standard deviations, and one parcel. */
function near(count: number, rate: number): boolean {
  return Math.abs(count - rate * drawn) <= 5 * Math.sqrt(drawn * rate * (1 - rate)) + 1;
}

describe.each(lanes)("%s", (_name, lane, cutOffHour) => {
  it("keeps its word where all goes well: from midnight to the pick-up and to the door is no more than promised", () => {
    expect(cutOffHour / 24 + 1 / 24 + lane.days[1]).toBeLessThanOrEqual(lane.promisedDays);
    const prices = lane.prices.flatMap((price) => price);
    expect([...lane.prices].sort(([one], [other]) => one - other)).toEqual(lane.prices);
    expect(prices.every((number) => Number.isInteger(number) && number > 0)).toBe(true);
  });
  it("loses, returns, misses and is late as often as it says", () => {
    const all = fates(lane);
    const lost = all.filter(ends("LOST")).length, kept = 1 - lane.lossRate;
    expect([lost, near(lost, lane.lossRate)]).toEqual([lost, true]);
    const returned = all.filter(ends("RETURNED")).length;
    expect([returned, near(returned, lane.returnRate * kept)]).toEqual([returned, true]);
    expect(all.filter(ends("DELIVERED")).length).toBe(drawn - lost - returned);
    const late = all.filter(has("DELAYED")).length;
    expect([late, near(late, lane.lateRate)]).toEqual([late, true]);
    const missed = all.filter((steps) => ends("DELIVERED")(steps) && has("ATTEMPT_FAILED")(steps)).length;
    expect([missed, near(missed, lane.attemptFailsRate * kept * (1 - lane.returnRate))]).toEqual([missed, true]);
  });
  it("is late where it says DELAYED, in time where nothing went wrong, and its scans rise", () => {
    for (const steps of fates(lane)) {
      const times = steps.map(({ afterDays }) => afterDays);
      expect(times).toEqual([...times].sort((one, other) => one - other));
      const { code, afterDays } = steps.at(-1)!;
      if (code !== "DELIVERED") continue;
      if (has("DELAYED")(steps)) expect(afterDays).toBeGreaterThan(lane.promisedDays);
      else if (!has("ATTEMPT_FAILED")(steps)) expect(afterDays).toBeLessThanOrEqual(lane.promisedDays);
    }
  });
});

describe("a fate", () => {
  const [, lane] = lanes[0]!;
  it("is the same for the same luck, and another for another", () => {
    expect(fates(lane)).toEqual(fates(lane));
    expect(fates(lane)).not.toEqual(fates(lane, { luck: luckOf("another") }));
  });
  it("gets worse and slower as conditions say", () => {
    const bad = fates(lane, { conditions: { ...usual, troubleFactor: 3 } });
    expect(near(bad.filter(has("DELAYED")).length, lane.lateRate * 3)).toBe(true);
    const slow = fates(lane, { conditions: { ...usual, daysFactor: 10 } }).filter((steps) => ends("DELIVERED")(steps) && !has("DELAYED")(steps));
    expect(slow.every((steps) => steps.at(-1)!.afterDays > lane.promisedDays)).toBe(true);
  });
  it("may be that nobody ever scans it, or that a code is strange", () => {
    expect(fates(lane, { forgottenRate: 1 }).every((steps) => steps.length === 1)).toBe(true);
    const strange = fates(lane, { unknownCodeRate: 1 });
    expect(strange.every((steps) => steps.some(({ code }) => ["SORT-7F", "XQ17", "EVT_0042"].includes(code)))).toBe(true);
  });
});

describe("luck", () => {
  it("is spread evenly", () => {
    const luck = luckOf("even");
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let n = 0; n < drawn; n += 1) tenths[Math.floor(luck() * 10)]! += 1;
    expect(tenths.every((count) => near(count, 0.1))).toBe(true);
  });
});

describe("episodes", () => {
  const beginning = { atMs: 0, simulatedMs: mondayMs };
  /** A simulated day takes a second. */
  const clock = new CourierClock(beginning, dayMs / 1_000);
  const quirks = (episodes: Episodes, day: number): unknown => episodes.quirks({ down: false, latencyMs: 7 } as never, day * 1_000);

  it("begin and end at their moments", () => {
    const dead = new Episodes([{ fromDay: 10, toDay: 11, quirks: { down: true } }], clock);
    expect([9.999, 10, 10.999, 11].map((day) => quirks(dead, day))).toEqual([
      { down: false, latencyMs: 7 }, { down: true, latencyMs: 7 }, { down: true, latencyMs: 7 }, { down: false, latencyMs: 7 },
    ]);
  });
  it("come back every week, and multiply where two hold", () => {
    const mondays = new Episodes([{ weekdays: [1], troubleFactor: 10 }, { fromDay: 7, daysFactor: 2, troubleFactor: 0.5, priceFactor: 1.1, regions: ["home"] }], clock);
    const at = (day: number, region: string): unknown => Object.values(mondays.conditions(region, day * 1_000));
    expect(at(0.5, "home")).toEqual([1, 1, 10]);
    expect(at(1, "home")).toEqual([1, 1, 1]);
    expect(at(7.5, "home")).toEqual([1.1, 2, 5]);
    expect(at(7.5, "world")).toEqual([1.1, 1, 10]);
    expect(at(8, "home")).toEqual([1.1, 2, 0.5]);
  });
});

describe("the pick-up", () => {
  const clock = new CourierClock({ atMs: 0, simulatedMs: mondayMs }, 1);
  const workdays = { cutOffHour: 16, weekdays: [1, 2, 3, 4, 5] };
  it.each([
    [0, 10, 6 / 24, 0], [0, 16, 0, 0], [0, 17, 23 / 24, 1], [4, 15, 1 / 24, 0], [4, 17, 71 / 24, 3], [5, 0, 64 / 24, 2], [6, 23, 17 / 24, 1],
  ])("day %i, %i o'clock", (day, hour, days, midnights) => {
    const until = clock.untilCutOff(workdays, (day * 24 + hour) * 3_600_000);
    expect(until.days).toBeCloseTo(days, 6);
    expect(until.midnights).toBe(midnights);
  });
  it("of a courier that works on no day is never reached, and nobody waits for ever", () => {
    expect(clock.untilCutOff({ cutOffHour: 12, weekdays: [] }, 0).days).toBe(14);
  });
});
