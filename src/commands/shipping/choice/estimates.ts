import type { Expectation, SampleSizes } from "../../../events/courier-decisions.js";
import { sumOf, type Beliefs } from "./beliefs.js";
import { drawBeta, meanOf, type Beta, type Random } from "./chance.js";
import { earliestOffset, failedIn, latestOffset, weightAt, type LaneState } from "./lane-state.js";
import type { ChooserParameters } from "./parameters.js";

/** How much worse than usual the weekday is, for each of the three. */
export interface WeekdayFactors {
  readonly bookingFailure: number;
  readonly failure: number;
  readonly late: number;
}

/** A probability of more says no more, and leaves the score finite. */
const probabilityMax = 0.98;
const beforeDeadline = -earliestOffset;

/** How a belief becomes a number: its mean, or a draw from it. */
export type Reading = (belief: Beta) => number;

export const readMean: Reading = meanOf;

export function readDraw(random: Random): Reading {
  return (belief) => drawBeta(belief, random);
}

/** @param slackDays how many days after the courier's promise the shop's own deadline is; negative where it is before */
export function expectationOf(beliefs: Beliefs, factors: WeekdayFactors, promisedDays: number, slackDays: number, read: Reading): Expectation {
  let survival = 1;
  let days = promisedDays + earliestOffset;
  let lateDays = Math.max(0, earliestOffset - slackDays);
  let late = slackDays < earliestOffset ? 1 : 0;
  let offset = earliestOffset;
  for (const hazard of beliefs.hazards) {
    survival *= 1 - read(hazard);
    days += survival;
    if (offset === slackDays) late = survival;
    if (offset >= slackDays) lateDays += survival;
    offset++;
  }
  return {
    bookingFailure: Math.min(probabilityMax, read(beliefs.bookingFailure) * factors.bookingFailure),
    failure: Math.min(probabilityMax, read(beliefs.failure) * factors.failure),
    late: Math.min(1, late * factors.late), lateDays: lateDays * factors.late, days: Math.max(0, days),
  };
}

/**
 * Gamma and Poisson: what was seen on the weekday against what the service's usual rate would have given, both with
 * `weekdayStrength` on top. So a weekday of which little is known is like any other.
 */
export function weekdayFactors(service: Beliefs, weekday: LaneState | undefined, { halfLifeDays, weekdayStrength }: ChooserParameters, nowMs: number): WeekdayFactors {
  if (weekday === undefined) return { bookingFailure: 1, failure: 1, late: 1 };
  const weight = weightAt(weekday.atMs, nowMs, halfLifeDays);
  const delivered = weight * sumOf(weekday.arrivals);
  const late = weight * sumOf(weekday.arrivals.slice(beforeDeadline + 1));
  const usualLate = service.hazards.slice(0, beforeDeadline + 1).reduce((survival, hazard) => survival * (1 - meanOf(hazard)), 1);
  const factor = (seen: number, tried: number, usual: number): number => (seen + weekdayStrength) / (tried * usual + weekdayStrength);
  return {
    bookingFailure: factor(weight * weekday.refused, weight * (weekday.booked + weekday.refused), meanOf(service.bookingFailure)),
    failure: factor(weight * failedIn(weekday), weight * failedIn(weekday) + delivered, meanOf(service.failure)),
    late: factor(late, delivered, usualLate),
  };
}

export function sampleSizes(lane: LaneState | undefined, { halfLifeDays }: ChooserParameters, nowMs: number): SampleSizes {
  if (lane === undefined) return { bookings: 0, outcomes: 0 };
  const weight = weightAt(lane.atMs, nowMs, halfLifeDays);
  return { bookings: weight * (lane.booked + lane.refused), outcomes: weight * (failedIn(lane) + sumOf(lane.arrivals)) };
}

/** More than that is no deadline. */
export const slackDaysMax = latestOffset;
