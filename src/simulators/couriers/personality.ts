import type { CourierQuirks } from "./courier-quirks.js";
import type { Days } from "./journey.js";

/** A part of the world as a courier sees it: what it asks there, and what becomes of parcels. Rates are shares, 0 to 1. */
export interface Lane {
  /** The courier's own word for it. */
  readonly region: string;
  /** ISO 3166-1 alpha-2. */
  readonly countries: readonly string[] | "all";
  /** Only postal codes that begin with one of these. */
  readonly postalPrefixes?: readonly string[];
  /** Up to so many grams, so many minor units; rising. What is heavier than the last is not carried. */
  readonly prices: readonly (readonly [upToGrams: number, priceMinor: number])[];
  /** From a booking before the cut-off to the door. */
  readonly promisedDays: number;
  /** From pick-up to the door where all goes well: from midnight to the pick-up and then the longest is no more than promised. */
  readonly days: Days;
  readonly lateRate: number;
  /** How many days after the promise a late one comes. */
  readonly lateDays: Days;
  /** Nobody opens; it succeeds a day later. */
  readonly attemptFailsRate: number;
  readonly returnRate: number;
  readonly lossRate: number;
}

export interface CourierService {
  readonly name: string;
  /** Longest first; absent where any size goes. */
  readonly sizeMaxMm?: readonly [number, number, number];
  /** What collecting at the door costs; null where it is not done. */
  readonly cashOnDeliveryMinor: number | null;
  /** The first that fits counts; where none fits it does not go. */
  readonly lanes: readonly Lane[];
}

/** A time in which a courier is not as usual. Those that hold at once add up, the last quirk of a name counts. */
export interface Episode {
  /** Simulated days since the courier first started; absent holds from ever, or for ever. */
  readonly fromDay?: number | undefined;
  readonly toDay?: number | undefined;
  /** 0 is Sunday; absent holds every day. */
  readonly weekdays?: readonly number[] | undefined;
  /** Only there; quirks and prices hold everywhere all the same. */
  readonly regions?: readonly string[] | undefined;
  readonly quirks?: Partial<CourierQuirks> | undefined;
  readonly priceFactor?: number | undefined;
  /** On the days from pick-up to the door. */
  readonly daysFactor?: number | undefined;
  /** On all that goes wrong with parcels: late, absent, returned, lost. */
  readonly troubleFactor?: number | undefined;
}

export interface CourierPersonality {
  readonly id: string;
  /** In a sentence, for whoever reads a list of couriers. */
  readonly about: string;
  /** ISO 4217. */
  readonly currency: string;
  readonly services: readonly CourierService[];
  /** Booked before that hour (UTC, simulated) of one of these days, a parcel is picked up within the hour after it. */
  readonly pickup: { readonly cutOffHour: number; readonly weekdays: readonly number[] };
  /** Bookings of a simulated day; the next is refused until midnight. */
  readonly capacityPerDay: number;
  /** Share of labels that no scanner ever sees. */
  readonly forgottenRate: number;
  readonly label: "pdf" | "zpl";
  readonly quirks: Partial<CourierQuirks>;
  readonly episodes: readonly Episode[];
}
