import type { Candidate, ChoiceRequest } from "../../../src/commands/shipping/choice/choice.js";
import { dayMs, emptyLane, learn, type LaneState, type Outcome } from "../../../src/commands/shipping/choice/lane-state.js";
import type { Evidence } from "../../../src/commands/shipping/choice/lanes.js";
import { defaultParameters } from "../../../src/commands/shipping/choice/parameters.js";

/** A Wednesday at noon. */
export const today = 20_460;
export const nowMs = today * dayMs + dayMs / 2;
export const halfLifeDays = defaultParameters.halfLifeDays;
export const costs = { lateDayMinor: 200, failureMinor: 3_000, bookingFailureMinor: 30 };

export const noEvidence: Evidence = { lane: undefined, service: undefined, courier: undefined, all: undefined, weekday: undefined };

/** What a lane knows after these outcomes, `times` of each. */
export function laneAfter(...outcomes: readonly (readonly [times: number, outcome: Outcome, atMs?: number])[]): LaneState {
  let state = emptyLane(nowMs);
  for (const [times, outcome, atMs = nowMs] of outcomes) {
    for (let time = 0; time < times; time++) state = learn(state, outcome, atMs, halfLifeDays);
  }
  return state;
}

export const delivered = (offset: number): Outcome => ({ kind: "delivered", dueDay: today, deliveredDay: today + offset });
export const failed: Outcome = { kind: "failed", dueDay: today };
/** On its way, and due so many days ago. */
export const underWay = (overdueDays: number): Outcome => ({ kind: "handed_over", dueDay: today - overdueDays });

/** The lane's news, and that of the levels above where the same is seen. */
export function evidenceOf(lane: LaneState): Evidence {
  return { ...noEvidence, lane, service: lane };
}

export function candidate(courierId: string, changes: Partial<Candidate> = {}): Candidate {
  return {
    courierId, service: "standard", priceMinor: 500, priceSource: "quoted", promisedDays: 3, limits: {}, breaker: "closed", probeFree: false,
    evidence: noEvidence, ...changes,
  };
}

export function request(candidates: readonly Candidate[], changes: Partial<ChoiceRequest> = {}): ChoiceRequest {
  return {
    nowMs, parcel: { weightGrams: 1_000, cashOnDeliveryMinor: 0, country: "DE", region: "DE-1", fineRegion: "DE-101" }, deadline: null, candidates,
    policy: { kind: "balanced", costs }, rules: { never: [], shareMax: {}, capacityPerDay: {} }, volume: { today: {}, window: {} },
    parameters: defaultParameters, random: null, ...changes,
  };
}
