import type { Instruction } from "./courier-records.js";

/** One sighting that is to come, in simulated days after the booking. */
export interface JourneyStep {
  readonly code: string;
  readonly city: string | null;
  readonly afterDays: number;
}

/** Shortest and longest stay, in simulated days. */
export type Days = readonly [min: number, max: number];

/** How long parcels take with this courier. */
export interface JourneyTimes {
  readonly label: Days;
  readonly pickup: Days;
  readonly transit: Days;
  readonly delivery: Days;
  /** Share of parcels that are seen going out for delivery. */
  readonly outForDeliveryRate: number;
}

/** 1.16 to 2.13 days from booking to the door: 5.0 to 9.2 seconds at speed 20,000. */
export const usualJourney: JourneyTimes = {
  label: [0.01, 0.03], pickup: [0.3, 0.6], transit: [0.6, 1], delivery: [0.25, 0.5], outForDeliveryRate: 0.8,
};

export const dayMs = 86_400_000;

export const depot = "Rotterdam";

/** What follows where the sender says what is to become of a parcel. @param afterDays simulated days from the booking to his word */
export function journeyAs(instruction: Instruction, city: string | null, afterDays: number): readonly JourneyStep[] {
  return instruction === "redeliver"
    ? [{ code: "OUT_FOR_DELIVERY", city, afterDays: afterDays + 0.5 }, { code: "DELIVERED", city, afterDays: afterDays + 1 }]
    : [{ code: "RETURNING", city, afterDays: afterDays + 0.5 }, { code: "RETURNED", city: depot, afterDays: afterDays + 2 }];
}

/** Codes that no contract knows: what an operator must be shown. */
const strangeCodes = ["SORT-7F", "XQ17", "EVT_0042"];

/** Plans a parcel's life, once: it stands in the journal, so a restart goes on with the same. */
export function planJourney(times: JourneyTimes, city: string, unknownCodeRate: number, random: () => number): readonly JourneyStep[] {
  const steps: JourneyStep[] = [];
  let afterDays = 0;
  const pass = ([min, max]: Days, code: string, at: string | null): void => {
    afterDays += min + (max - min) * random();
    steps.push({ code, city: at, afterDays });
  };
  pass(times.label, "LABEL_CREATED", depot);
  pass(times.pickup, "PICKED_UP", depot);
  if (random() < unknownCodeRate) steps.push({ code: strangeCode(random), city: null, afterDays: afterDays + times.transit[0] / 2 });
  const seenGoingOut = random() < times.outForDeliveryRate;
  if (seenGoingOut) pass(times.transit, "OUT_FOR_DELIVERY", city);
  pass(seenGoingOut ? times.delivery : [times.transit[0] + times.delivery[0], times.transit[1] + times.delivery[1]], "DELIVERED", city);
  return steps;
}

export function strangeCode(random: () => number): string {
  return strangeCodes[Math.floor(random() * strangeCodes.length)] ?? "XQ17";
}
