/**
 * What we saw of a courier's parcels, as one row: counts that lose half their weight in every half-life, and
 * the parcels still under way by the day they were due. JSON-safe, and the same in whatever order it was learnt.
 */
export interface LaneState {
  /** Milliseconds since 1970 up to which the counts have lost weight. */
  readonly atMs: number;
  readonly booked: number;
  /** Bookings that failed: refused, errors, timeouts. */
  readonly refused: number;
  /** Parcels that came back, were given up or were lost. Negative while news of a loss is later than that it was found: `failedIn` reads it. */
  readonly failed: number;
  /** Deliveries by days against the promise, from `earliestOffset` to `latestOffset`; both ends take what lies beyond. */
  readonly arrivals: readonly number[];
  /** How many are under way, by the day (since 1970) that was promised. A negative number waits for late news of a hand-over. */
  readonly underWay: readonly (readonly [dueDay: number, count: number])[];
}

/** What became known of one parcel. Days are whole days since 1970, UTC; `dueDay` is the day of the hand-over plus the promised days. */
export type Outcome =
  | { readonly kind: "booked" }
  | { readonly kind: "booking_failed" }
  | { readonly kind: "handed_over"; readonly dueDay: number }
  | { readonly kind: "delivered"; readonly dueDay: number; readonly deliveredDay: number }
  /** Returned, refused at the door, or lost: declared so after a time of silence, since nobody tells of a loss. */
  | { readonly kind: "failed"; readonly dueDay: number }
  /** It was counted as lost at that time and has arrived after all. */
  | { readonly kind: "found"; readonly dueDay: number; readonly deliveredDay: number; readonly lostAtMs: number }
  /** Called off on its way: it says nothing about the courier. */
  | { readonly kind: "called_off"; readonly dueDay: number };

export const earliestOffset = -3;
/** Lateness beyond ten days counts as ten. */
export const latestOffset = 10;
export const dayMs = 86_400_000;
/** A parcel that nobody declared lost is forgotten by then: the list of days must end. */
const underWayDaysMax = 90;

export function emptyLane(atMs: number): LaneState {
  return { atMs, booked: 0, refused: 0, failed: 0, arrivals: Array.from({ length: latestOffset - earliestOffset + 1 }, () => 0), underWay: [] };
}

export function dayOf(atMs: number): number {
  return Math.floor(atMs / dayMs);
}

/** What is left of the weight of something so old. Older than now only: the future weighs as much as the present. */
export function weightAt(sinceMs: number, nowMs: number, halfLifeDays: number): number {
  return nowMs <= sinceMs ? 1 : 2 ** ((sinceMs - nowMs) / (halfLifeDays * dayMs));
}

/** The same evidence, as much lighter as it is older by then. */
export function decayTo(state: LaneState, atMs: number, halfLifeDays: number): LaneState {
  if (atMs <= state.atMs) return state;
  const weight = weightAt(state.atMs, atMs, halfLifeDays);
  return {
    atMs, booked: state.booked * weight, refused: state.refused * weight, failed: state.failed * weight,
    arrivals: state.arrivals.map((count) => count * weight),
    underWay: state.underWay.filter(([dueDay]) => dueDay >= dayOf(atMs) - underWayDaysMax),
  };
}

/** @param atMs when it happened; late news counts as little as if it had come in time */
export function learn(state: LaneState, outcome: Outcome, atMs: number, halfLifeDays: number): LaneState {
  const now = decayTo(state, atMs, halfLifeDays);
  const weight = weightAt(atMs, now.atMs, halfLifeDays);
  switch (outcome.kind) {
    case "booked": return { ...now, booked: now.booked + weight };
    case "booking_failed": return { ...now, refused: now.refused + weight };
    case "handed_over": return { ...now, underWay: countUnderWay(now.underWay, outcome.dueDay, 1) };
    case "called_off": return { ...now, underWay: countUnderWay(now.underWay, outcome.dueDay, -1) };
    case "failed": return { ...now, failed: now.failed + weight, underWay: countUnderWay(now.underWay, outcome.dueDay, -1) };
    case "delivered":
      return { ...now, arrivals: arrive(now.arrivals, outcome, weight), underWay: countUnderWay(now.underWay, outcome.dueDay, -1) };
    case "found": {
      const wasCounted = weightAt(outcome.lostAtMs, now.atMs, halfLifeDays);
      return { ...now, failed: now.failed - wasCounted, arrivals: arrive(now.arrivals, outcome, weight) };
    }
  }
}

export function failedIn({ failed }: Pick<LaneState, "failed">): number {
  return Math.max(0, failed);
}

function arrive(arrivals: readonly number[], { dueDay, deliveredDay }: { readonly dueDay: number; readonly deliveredDay: number }, weight: number): number[] {
  const offset = Math.min(latestOffset, Math.max(earliestOffset, deliveredDay - dueDay));
  return arrivals.map((count, index) => (index === offset - earliestOffset ? count + weight : count));
}

function countUnderWay(underWay: LaneState["underWay"], dueDay: number, change: number): LaneState["underWay"] {
  const before = underWay.find(([day]) => day === dueDay)?.[1] ?? 0;
  const others = underWay.filter(([day]) => day !== dueDay);
  if (before + change === 0) return others;
  return [...others, [dueDay, before + change] as const].sort(([first], [second]) => first - second);
}
