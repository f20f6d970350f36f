import type { Conditions } from "./episodes.js";
import { depot, strangeCode, type Days, type JourneyStep } from "./journey.js";
import type { Lane } from "./personality.js";

export interface Trip {
  readonly lane: Lane;
  readonly conditions: Conditions;
  /** Simulated days from the booking. */
  readonly pickUpAfterDays: number;
  readonly promisedDays: number;
  readonly city: string;
  readonly unknownCodeRate: number;
  readonly forgottenRate: number;
  readonly luck: () => number;
}

/** Ways in which a delivery fails for good. */
const refusals = ["REFUSED", "ADDRESS_UNKNOWN", "ATTEMPT_FAILED"];

/**
 * What becomes of a parcel, drawn once at its booking: an episode that begins later does not reach it.
 * Late by chance means after the promise, always; everything else is in time unless a first attempt failed or days got longer.
 */
export function drawFate(trip: Trip): readonly JourneyStep[] {
  const { lane, conditions: { daysFactor, troubleFactor }, pickUpAfterDays: pickUp, promisedDays, city, luck } = trip;
  const within = ([min, max]: Days): number => min + (max - min) * luck();
  const goesWrong = (rate: number): boolean => luck() < Math.min(1, rate * troubleFactor);
  const label: JourneyStep = { code: "LABEL_CREATED", city: depot, afterDays: Math.min(0.02, pickUp / 2) };
  if (luck() < trip.forgottenRate) return [label];

  const lost = goesWrong(lane.lossRate), returned = goesWrong(lane.returnRate), late = goesWrong(lane.lateRate), absent = goesWrong(lane.attemptFailsRate);
  const days = within(lane.days) * daysFactor;
  const door = late ? Math.max(pickUp + days, promisedDays + within(lane.lateDays)) : pickUp + days;
  const onTheWay = (share: number): number => pickUp + (door - pickUp) * share;
  const strange = luck() < trip.unknownCodeRate ? [{ code: strangeCode(luck), city: null, afterDays: onTheWay(0.3) }] : [];
  const way: readonly JourneyStep[] = [
    label, { code: "PICKED_UP", city: depot, afterDays: pickUp }, ...strange, { code: "ARRIVED_AT_HUB", city: depot, afterDays: onTheWay(0.5) },
    ...(late ? [{ code: "DELAYED", city: depot, afterDays: onTheWay(0.6) }] : []),
  ];
  if (lost) return [...way, { code: "LOST", city: null, afterDays: Math.max(door, promisedDays) + within([3, 8]) }];
  const arrived: readonly JourneyStep[] = [...way, { code: "OUT_FOR_DELIVERY", city, afterDays: onTheWay(0.8) }];
  if (returned) {
    const refusal = refusals[Math.floor(luck() * refusals.length)] ?? "REFUSED";
    return [
      ...arrived, { code: refusal, city, afterDays: door },
      { code: "RETURNING", city, afterDays: door + 1 }, { code: "RETURNED", city: depot, afterDays: door + 1 + days },
    ];
  }
  if (!absent) return [...arrived, { code: "DELIVERED", city, afterDays: door }];
  return [
    ...arrived, { code: "ATTEMPT_FAILED", city, afterDays: door },
    { code: "OUT_FOR_DELIVERY", city, afterDays: door + 0.8 }, { code: "DELIVERED", city, afterDays: door + 1 },
  ];
}
