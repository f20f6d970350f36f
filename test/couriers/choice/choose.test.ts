import { describe, expect, it } from "@jest/globals";
import { seededRandom } from "../../../src/commands/shipping/choice/chance.js";
import type { Candidate, ChoiceRequest } from "../../../src/commands/shipping/choice/choice.js";
import type { Considered, LossReason } from "../../../src/events/courier-decisions.js";
import { choose } from "../../../src/commands/shipping/choice/choose.js";
import { dayMs } from "../../../src/commands/shipping/choice/lane-state.js";
import { defaultParameters } from "../../../src/commands/shipping/choice/parameters.js";
import { candidate, costs, delivered, evidenceOf, failed, laneAfter, noEvidence, nowMs, request, today, underWay } from "./situation.js";

const given = (...candidates: readonly Candidate[]) => ({
  when: (changes: Partial<ChoiceRequest> = {}) => {
    const decision = choose(request(candidates, changes));
    return {
      decision,
      order: decision.candidates.filter(({ rank }) => rank !== null).map(({ courierId }) => courierId),
      lost: Object.fromEntries(decision.candidates.map(({ courierId, lost }) => [courierId, lost])) as Record<string, LossReason | null>,
      of: (courierId: string): Considered => decision.candidates.find((one) => one.courierId === courierId)!,
    };
  },
});

const good = evidenceOf(laneAfter([200, { kind: "booked" }], [200, delivered(0)]));
const late = evidenceOf(laneAfter([200, { kind: "booked" }], [100, delivered(0)], [100, delivered(4)]));
const lossy = evidenceOf(laneAfter([200, { kind: "booked" }], [160, delivered(0)], [40, failed]));

describe("choosing by expected cost", () => {
  it("takes the cheapest of equals, and says what the others lost by", () => {
    const { order, lost } = given(candidate("dear", { priceMinor: 700 }), candidate("cheap", { priceMinor: 400 }), candidate("middle")).when();
    expect(order).toEqual(["cheap", "middle", "dear"]);
    expect(lost).toEqual({ cheap: null, middle: "price", dear: "price" });
  });

  it("pays more for who is in time, and for who loses nothing", () => {
    const { order, lost } = given(candidate("late", { priceMinor: 400, evidence: late }), candidate("lossy", { priceMinor: 400, evidence: lossy }), candidate("good", { evidence: good })).when();
    expect(order[0]).toBe("good");
    expect(lost).toEqual({ good: null, late: "lateness", lossy: "failure" });
  });

  it("does not pay more than lateness costs", () => {
    const { order } = given(candidate("late", { priceMinor: 400, evidence: late }), candidate("good", { priceMinor: 900, evidence: good })).when();
    expect(order[0]).toBe("late");
  });

  it("reckons a booking that fails by what asking the next costs", () => {
    const refusing = evidenceOf(laneAfter([20, { kind: "booked" }], [180, { kind: "booking_failed" }], [20, delivered(0)]));
    const { order, lost } = given(candidate("refusing", { priceMinor: 490, evidence: refusing }), candidate("other", { evidence: good })).when();
    expect(order).toEqual(["other", "refusing"]);
    expect(lost["refusing"]).toBe("booking_failure");
  });

  it("judges who did not answer by the last known price, and without one not at all", () => {
    const { of, order } = given(candidate("silent", { priceMinor: 300, priceSource: "last_known" }), candidate("new", { priceMinor: null })).when();
    expect(order).toEqual(["silent"]);
    expect(of("silent").priceSource).toBe("last_known");
    expect(of("new")).toMatchObject({ rank: null, lost: "no_price", scoreMinor: null });
  });

  it("decides nothing where nobody is there", () => {
    expect(given().when().decision).toEqual({ chosen: null, explored: false, candidates: [] });
  });

  it("breaks ties by name, the same way each time", () => {
    const { order, lost } = given(candidate("b"), candidate("a")).when();
    expect(order).toEqual(["a", "b"]);
    expect(lost["b"]).toBe("tie");
  });
});

describe("what little was seen", () => {
  it("does not jump to a conclusion: one bad parcel of one weighs less than a known bad rate", () => {
    const once = evidenceOf(laneAfter([1, failed]));
    const { of } = given(candidate("once", { evidence: once }), candidate("lossy", { evidence: lossy })).when();
    expect(of("once").expected.failure).toBeLessThan(0.15);
    expect(of("lossy").expected.failure).toBeCloseTo(0.2, 1);
  });

  it("is filled up from the service, the courier and all, the closest first", () => {
    const bad = laneAfter([100, failed], [100, delivered(0)]);
    const fine = laneAfter([200, delivered(0)]);
    const failureOf = (evidence: Partial<Candidate["evidence"]>): number => given(candidate("x", { evidence: { ...noEvidence, ...evidence } })).when().of("x").expected.failure;
    expect(failureOf({})).toBeCloseTo(defaultParameters.prior.failure, 6);
    expect(failureOf({ all: bad })).toBeGreaterThan(0.4);
    expect(failureOf({ all: bad, courier: fine })).toBeLessThan(0.1);
    expect(failureOf({ all: fine, courier: bad })).toBeGreaterThan(0.4);
    expect(failureOf({ courier: fine, service: bad })).toBeGreaterThan(0.4);
    expect(failureOf({ service: bad, lane: fine })).toBeLessThan(0.1);
  });

  it("is believed again less and less as it grows old", () => {
    const failureAfter = (days: number): number => given(candidate("x", { evidence: lossy })).when({ nowMs: nowMs + days * dayMs }).of("x").expected.failure;
    expect(failureAfter(0)).toBeGreaterThan(failureAfter(60));
    expect(failureAfter(400)).toBeCloseTo(defaultParameters.prior.failure, 4);
  });

  it("is told by how many parcels it rests on, at today's weight", () => {
    const lane = laneAfter([10, { kind: "booked" }], [4, delivered(0)]);
    const { of } = given(candidate("x", { evidence: evidenceOf(lane) })).when({ nowMs: nowMs + defaultParameters.halfLifeDays * dayMs });
    expect(of("x").sampleSizes).toEqual({ bookings: 5, outcomes: 2 });
  });
});

describe("parcels under way", () => {
  const lateOf = (lane: ReturnType<typeof laneAfter>): number => given(candidate("x", { evidence: evidenceOf(lane) })).when().of("x").expected.lateDays;
  // Long ago, so that these deliveries are not taken for news of the parcels under way.
  const history = [[50, { kind: "delivered", dueDay: today - 40, deliveredDay: today - 40 }]] as const;

  it("count as late once they are overdue, before anybody delivered them", () => {
    expect(lateOf(laneAfter(...history, [20, underWay(3)]))).toBeGreaterThan(lateOf(laneAfter(...history)) + 0.5);
  });

  it("count the later, the longer they are overdue", () => {
    expect(lateOf(laneAfter(...history, [20, underWay(6)]))).toBeGreaterThan(lateOf(laneAfter(...history, [20, underWay(2)])));
  });

  it("say nothing against anybody while they are not due", () => {
    expect(lateOf(laneAfter(...history, [20, underWay(-5)]))).toBe(lateOf(laneAfter(...history)));
  });

  it("are not late on the promised day itself", () => {
    const lateAfter = (overdueDays: number): number => given(candidate("x", { evidence: evidenceOf(laneAfter(...history, [50, underWay(overdueDays)])) })).when().of("x").expected.late;
    expect(lateAfter(0)).toBeLessThan(0.1);
    expect(lateAfter(1)).toBeGreaterThan(0.4);
  });
});

describe("weekdays", () => {
  const service = laneAfter([700, { kind: "booked" }], [700, delivered(0)], [20, failed]);
  const failureOn = (weekday: Candidate["evidence"]["weekday"]): number =>
    given(candidate("x", { evidence: { ...noEvidence, service, lane: service, weekday } })).when().of("x").expected.failure;

  it("count where a service does worse on one of them", () => {
    expect(failureOn(laneAfter([80, delivered(0)], [20, failed]))).toBeGreaterThan(2 * failureOn(undefined));
  });

  it("leave a score that can be compared, however bad they are", () => {
    const refused = laneAfter([300, { kind: "booking_failed" }]);
    const { of } = given(candidate("x", { evidence: { ...noEvidence, lane: refused, weekday: refused } })).when();
    expect(of("x").expected.bookingFailure).toBeLessThan(1);
    expect(of("x").scoreMinor).toBeGreaterThan(500);
  });

  it("count for little where little is known", () => {
    expect(failureOn(laneAfter([1, failed]))).toBeLessThan(1.5 * failureOn(undefined));
  });
});

describe("the promised date", () => {
  const slow = candidate("slow", { priceMinor: 300, promisedDays: 6, evidence: good });
  const quick = candidate("quick", { priceMinor: 600, promisedDays: 2, evidence: good });

  it("costs what comes too late", () => {
    const { order, lost } = given(slow, quick).when({ deadline: { days: 3, strict: false } });
    expect(order[0]).toBe("quick");
    expect(lost["slow"]).toBe("lateness");
    expect(given(slow, quick).when({ deadline: { days: 6, strict: false } }).order[0]).toBe("slow");
  });

  it("puts who promises later behind all others where it is strict, and takes it where nobody else is left", () => {
    const deadline = { days: 5, strict: true };
    const { order, lost } = given({ ...slow, priceMinor: 1 }, { ...quick, priceMinor: 9_999 }).when({ deadline });
    expect(order).toEqual(["quick", "slow"]);
    expect(lost["slow"]).toBe("promised_too_late");
    expect(given(slow).when({ deadline }).order).toEqual(["slow"]);
  });

  it.each([[5, 0, 0], [4, 0, 0], [3, 1, 1], [2, 2, 1], [0, 4, 1], [-1, 5, 1]])("of %i days, for who promises three and comes on the fourth: %i days late", (days, lateDays, late) => {
    const dayLate = candidate("x", { promisedDays: 3, evidence: evidenceOf(laneAfter([2_000, delivered(1)])) });
    const { expected } = given(dayLate).when({ deadline: { days, strict: false } }).of("x");
    expect(expected.lateDays).toBeCloseTo(lateDays, 1);
    expect(expected.late).toBeCloseTo(late, 1);
    expect(expected.days).toBeCloseTo(4, 1);
  });

  it("is kept by who promises nothing as by who promises the usual", () => {
    expect(given(candidate("x", { promisedDays: null })).when().of("x").expected.days).toBe(given(candidate("x", { promisedDays: defaultParameters.unpromisedDays })).when().of("x").expected.days);
  });
});

describe("policies", () => {
  const cheapAndBad = candidate("cheap", { priceMinor: 300, promisedDays: 5, evidence: late });
  const fastAndDear = candidate("fast", { priceMinor: 1_500, promisedDays: 1, evidence: good });
  const sound = candidate("sound", { priceMinor: 450, promisedDays: 3, evidence: good });
  const first = (policy: ChoiceRequest["policy"]): string | undefined => given(cheapAndBad, fastAndDear, sound).when({ policy }).order[0];

  it("cheapest looks at the price", () => expect(first({ kind: "cheapest" })).toBe("cheap"));
  it("fastest looks at the days", () => expect(first({ kind: "fastest", costs })).toBe("fast"));
  it("balanced looks at what it all costs", () => expect(first({ kind: "balanced", costs })).toBe("sound"));
  it("own weights weigh as they are told", () => {
    const weights = { price: 1, dayMinor: 0, lateDayMinor: 0, failureMinor: 0, bookingFailureMinor: 0 };
    expect(first({ kind: "own", weights })).toBe("cheap");
    expect(first({ kind: "own", weights: { ...weights, dayMinor: 1_000 } })).toBe("fast");
  });
});

describe("hard rules", () => {
  const others = candidate("other", { priceMinor: 2_000 });
  it.each<[LossReason, Partial<Candidate>, Partial<ChoiceRequest>]>([
    ["rule_never", {}, { rules: { never: [{ courierId: "x", region: "DE" }], shareMax: {}, capacityPerDay: {} } }],
    ["rule_never", {}, { rules: { never: [{ courierId: "x", service: "standard", region: "*" }], shareMax: {}, capacityPerDay: {} } }],
    ["rule_never", {}, { rules: { never: [{ courierId: "x", region: "DE-1" }], shareMax: {}, capacityPerDay: {} } }],
    ["rule_never", {}, { rules: { never: [{ courierId: "x", region: "DE-10" }], shareMax: {}, capacityPerDay: {} } }],
    ["rule_never", {}, { rules: { never: [{ courierId: "x", region: "DE-101" }], shareMax: {}, capacityPerDay: {} } }],
    ["destination", { limits: { countries: ["FR"] } }, {}],
    ["too_heavy", { limits: { weightMaxGrams: 999 } }, {}],
    ["too_large", { limits: { sizeMaxMm: [600, 300, 100] } }, { parcel: { weightGrams: 1_000, sizeMm: [500, 200, 101], cashOnDeliveryMinor: 0, country: "DE", region: "DE-1", fineRegion: "DE-101" } }],
    ["no_cash_on_delivery", { limits: { cashOnDeliveryMaxMinor: 0 } }, { parcel: { weightGrams: 1_000, cashOnDeliveryMinor: 1, country: "DE", region: "DE-1", fineRegion: "DE-101" } }],
    ["capacity_reached", {}, { rules: { never: [], shareMax: {}, capacityPerDay: { x: 5 } }, volume: { today: { x: 5 }, window: {} } }],
    ["share_reached", {}, { rules: { never: [], shareMax: { x: 0.6 }, capacityPerDay: {} }, volume: { today: {}, window: { x: 62, other: 40 } } }],
    ["breaker_open", { breaker: "open" }, {}],
    ["breaker_open", { breaker: "held_open" }, {}],
    ["breaker_probing", { breaker: "half_open", probeFree: false }, {}],
  ])("%s", (reason, changes, situation) => {
    const { order, lost } = given(candidate("x", { priceMinor: 1, ...changes }), others).when(situation);
    expect(order).toEqual(["other"]);
    expect(lost["x"]).toBe(reason);
  });

  it("are held to the letter: another service, a neighbouring region, the last place", () => {
    const never = [{ courierId: "x", service: "express", region: "DE" }, { courierId: "x", region: "DE-11" }, { courierId: "x", region: "DE-102" }, { courierId: "x", region: "D" }];
    const at = { rules: { never, shareMax: { x: 0.6 }, capacityPerDay: { x: 5 } }, volume: { today: { x: 4 }, window: { x: 59, other: 41 } } };
    const limits = { countries: ["DE"], weightMaxGrams: 1_000, cashOnDeliveryMaxMinor: 0 };
    expect(given(candidate("x", { priceMinor: 1, limits }), others).when(at).order[0]).toBe("x");
  });

  it("leave the parcel waiting where nobody may have it", () => {
    const { decision } = given(candidate("x", { breaker: "open" })).when();
    expect(decision).toMatchObject({ chosen: null, candidates: [{ courierId: "x", rank: null, lost: "breaker_open" }] });
  });

  it("let a probe through, past refusals or not", () => {
    const refusals = evidenceOf(laneAfter([500, { kind: "booking_failed" }], [20, delivered(0)]));
    const x = candidate("x", { priceMinor: 450, evidence: refusals });
    const other = candidate("other", { evidence: evidenceOf(laneAfter([50, { kind: "booked" }], [20, delivered(0)])) });
    expect(given(x, other).when().order[0]).toBe("other");
    expect(given({ ...x, breaker: "half_open", probeFree: true }, other).when().order[0]).toBe("x");
  });
});

describe("trying out", () => {
  const known = candidate("known", { priceMinor: 500, evidence: evidenceOf(laneAfter([2_000, delivered(0)], [20, failed])) });
  const unknown = candidate("unknown", { priceMinor: 450 });
  const triedOf = (count: number, changes: Partial<ChoiceRequest>, ...candidates: readonly Candidate[]): number => {
    const random = seededRandom(11);
    return Array.from({ length: count }, () => choose(request(candidates, { random, ...changes }))).filter(({ explored }) => explored).length;
  };

  it("finds out about who is little known, now and then", () => {
    const tried = triedOf(500, {}, known, unknown);
    expect(tried).toBeGreaterThan(20);
    expect(tried).toBeLessThan(480);
  });

  it("leaves alone who is known to be worse", () => {
    expect(triedOf(500, {}, known, candidate("worse", { evidence: evidenceOf(laneAfter([1_500, delivered(0)], [500, failed])) }))).toBe(0);
  });

  it("can be switched off, or bounded to nothing", () => {
    expect(triedOf(200, { random: null }, known, unknown)).toBe(0);
    expect(triedOf(200, { parameters: { ...defaultParameters, explorationShare: 0 } }, known, unknown)).toBe(0);
  });

  it("costs on average no more than its share of the score", () => {
    const random = seededRandom(5);
    const wild = candidate("wild", { priceMinor: 480 });
    const decisions = Array.from({ length: 4_000 }, () => choose(request([known, wild], { random })));
    const best = decisions[0]!.candidates.find(({ courierId }) => courierId === "known")!.scoreMinor!;
    const extra = decisions.reduce((sum, { candidates: [chosen] }) => sum + chosen!.scoreMinor! - best, 0) / decisions.length;
    expect(extra).toBeGreaterThan(0);
    expect(extra).toBeLessThan(best * defaultParameters.explorationShare * 1.2);
  });

  it("tells that it did, and that the better one was not tried", () => {
    const random = seededRandom(11);
    for (;;) {
      const { explored, candidates: [chosen, second] } = choose(request([known, unknown], { random }));
      if (!explored) continue;
      expect(chosen).toMatchObject({ courierId: "unknown", rank: 1, lost: null });
      expect(second).toMatchObject({ courierId: "known", rank: 2, lost: "not_tried" });
      return;
    }
  });
});
