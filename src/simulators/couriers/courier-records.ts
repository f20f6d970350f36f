import type { JourneyStep } from "./journey.js";

/** What was booked. Of the buyer only the city is kept: the journal needs no personal data. */
export interface BookingRecord {
  readonly id: string;
  readonly trackingCode: string;
  readonly shipmentId: string;
  readonly orderId: string;
  readonly bookedAtMs: number;
  readonly plan: readonly JourneyStep[];
  /** What a courier without a personality does not know. */
  readonly deal?: Deal;
}

/** What was agreed on. */
export interface Deal {
  readonly service: string;
  readonly region: string;
  readonly city: string;
  readonly priceMinor: number;
  readonly currency: string;
  /** Simulated days from the booking to the door. */
  readonly promisedDays: number;
}

export interface Sighting {
  readonly code: string;
  readonly city: string | null;
  readonly atMs: number;
}

export interface Parcel {
  /** Its plan changes where the sender says what is to become of the parcel. */
  booking: BookingRecord;
  /** Times of one parcel always rise. */
  readonly seen: Sighting[];
  /** How many of them were steps of the plan. */
  planned: number;
  /** Cancelled stays cancelled, also where the parcel is carried all the same. */
  state: ParcelState;
  /** Called off, and travels all the same. */
  carried: boolean;
  /** What the sender said last; null where nothing. */
  instruction: Instruction | null;
}

export const instructions = ["redeliver", "return"] as const;

/** What a sender may say of a parcel under way. */
export type Instruction = typeof instructions[number];

/** One sighting of one parcel: what a webhook tells of. */
export interface ScanEvent {
  readonly id: string;
  readonly parcel: Parcel;
  /** Place among the sightings. */
  readonly index: number;
}

export const parcelStates = ["labelled", "inTransit", "delivered", "returned", "lost", "cancelled"] as const;

export type ParcelState = typeof parcelStates[number];

const statesByCode: ReadonlyMap<string, ParcelState> = new Map([
  ["PICKED_UP", "inTransit"], ["DELIVERED", "delivered"], ["RETURNED", "returned"], ["LOST", "lost"],
]);

/** What a sighting makes of a parcel. */
export function stateAfter(state: ParcelState, code: string): ParcelState {
  return state === "cancelled" ? state : statesByCode.get(code) ?? state;
}
