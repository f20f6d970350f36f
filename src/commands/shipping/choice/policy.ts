import type { Expectation, Term, Weights } from "../../../events/courier-decisions.js";

/** `costs` are the shop's own; `cheapest` looks at the price alone and `fastest` at time before money. */
export type Policy =
  | { readonly kind: "cheapest" }
  | { readonly kind: "fastest"; readonly costs: Costs }
  | { readonly kind: "balanced"; readonly costs: Costs }
  | { readonly kind: "own"; readonly weights: Weights };

export type Costs = Pick<Weights, "lateDayMinor" | "failureMinor" | "bookingFailureMinor">;

/** What a day is worth to who wants the fastest: more than any price, yet the price decides between equals. */
const fastestDayMinor = 1_000_000;

export function weightsOf(policy: Policy): Weights {
  switch (policy.kind) {
    case "cheapest": return { price: 1, dayMinor: 0, lateDayMinor: 0, failureMinor: 0, bookingFailureMinor: 0 };
    case "fastest": return { price: 1, dayMinor: fastestDayMinor, ...policy.costs };
    case "balanced": return { price: 1, dayMinor: 0, ...policy.costs };
    case "own": return policy.weights;
  }
}

export type Terms = Readonly<Record<Term, number>>;

/**
 * The expected cost of giving the parcel to a candidate, in parts. A booking that fails costs no price, only another try, so it counts
 * with the odds p / (1 - p): asking by rising `cost + odds × cost of a failed try` is then the cheapest order of asking until one takes
 * the parcel (exchange two neighbours in the order, and compare).
 */
export function termsOf(priceMinor: number, expected: Expectation, weights: Weights): Terms {
  return {
    price: weights.price * priceMinor,
    days: weights.dayMinor * expected.days,
    lateness: weights.lateDayMinor * expected.lateDays,
    failure: weights.failureMinor * expected.failure,
    booking_failure: weights.bookingFailureMinor * expected.bookingFailure / (1 - expected.bookingFailure),
  };
}

export function scoreOf(terms: Terms): number {
  return terms.price + terms.days + terms.lateness + terms.failure + terms.booking_failure;
}
