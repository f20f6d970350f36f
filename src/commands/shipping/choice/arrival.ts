import type { Beliefs } from "./beliefs.js";
import { meanOf } from "./chance.js";
import { dayMs, dayOf, earliestOffset } from "./lane-state.js";

/** A parcel that is to arrive. Times in milliseconds since 1970, days by UTC, as everywhere in choosing. */
export interface Journey {
  readonly handOverMs: number;
  /** Whole days. */
  readonly promisedDays: number;
  /** It has not arrived by then. */
  readonly nowMs: number;
  /** It is with the driver. */
  readonly outForDelivery?: boolean;
}

/** Of parcels such as this one a tenth comes before `earliestMs`, half before `likelyMs`, a tenth after `latestMs`. */
export interface ArrivalSpan {
  readonly earliestMs: number;
  readonly likelyMs: number;
  readonly latestMs: number;
}

/** What takes longer is lost, and nobody is told a day. */
const daysMax = 120;
/** At least so many of those with the driver arrive the same day. */
const sameDayMin = 0.95;

/**
 * From what is believed of the lane: the days against the promise on which its parcels arrive, without those that this one has outlived.
 * Within a day every moment is as likely. What is later than the last day that is told apart goes on arriving as on the day before it.
 */
export function expectArrival({ hazards }: Pick<Beliefs, "hazards">, { handOverMs, promisedDays, nowMs, outForDelivery = false }: Journey): ArrivalSpan {
  const dueDay = dayOf(handOverMs) + promisedDays;
  const sinceMs = Math.max(handOverMs, nowMs);
  const hazardOn = (day: number): number => {
    if (day > dayOf(handOverMs)) return hazardAt(hazards, day - dueDay);
    // What would have come before it was given away comes on that first day.
    let left = 1;
    for (let early = Math.min(dueDay + earliestOffset, day); early <= day; early++) left *= 1 - hazardAt(hazards, early - dueDay);
    return 1 - left;
  };
  const momentOf = (share: number): number => {
    let left = 1;
    let fromMs = sinceMs;
    for (let day = dayOf(sinceMs); day < dayOf(sinceMs) + daysMax; day++) {
      const endMs = (day + 1) * dayMs;
      const beginMs = Math.max(day * dayMs, handOverMs);
      const hazard = hazardOn(day);
      // Of this day's parcels those that came earlier today are not it.
      const gone = hazard * (fromMs - beginMs) / (endMs - beginMs);
      const usual = (hazard - gone) / (1 - gone);
      const today = outForDelivery && day === dayOf(nowMs) ? Math.max(sameDayMin, usual) : usual;
      if (left * (1 - today) <= 1 - share) return fromMs + (endMs - fromMs) * (1 - (1 - share) / left) / today;
      left *= 1 - today;
      fromMs = endMs;
    }
    return fromMs;
  };
  return { earliestMs: Math.round(momentOf(0.1)), likelyMs: Math.round(momentOf(0.5)), latestMs: Math.round(momentOf(0.9)) };
}

/** @param offset days against the promise */
function hazardAt(hazards: Beliefs["hazards"], offset: number): number {
  const hazard = hazards[Math.min(hazards.length - 1, offset - earliestOffset)];
  return hazard === undefined ? 0 : meanOf(hazard);
}
