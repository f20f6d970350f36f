import type { Random } from "./chance.js";
import type { Expectation, SampleSizes } from "./estimates.js";
import type { Evidence } from "./lanes.js";
import type { ChooserParameters } from "./parameters.js";
import type { Policy } from "./policy.js";
import type { Rules } from "./rules.js";

/** As the platform's breaker says it. */
export type BreakerState = "closed" | "half_open" | "open" | "held_open";

/** What a service takes on at all; absent where it does not matter. */
export interface ServiceLimits {
  readonly weightMaxGrams?: number;
  /** Millimetres, longest first. */
  readonly sizeMaxMm?: readonly [number, number, number];
  /** The most that it collects at the door; 0 where it collects nothing. */
  readonly cashOnDeliveryMaxMinor?: number;
  /** ISO 3166-1 alpha-2. */
  readonly countries?: readonly string[];
}

/** One service of one courier, as it stands at the moment of choosing. */
export interface Candidate {
  readonly courierId: string;
  readonly service: string;
  /** Null where it has never named one. */
  readonly priceMinor: number | null;
  /** `last_known`: it did not answer in time, and this is what it took the last time. */
  readonly priceSource: "quoted" | "last_known";
  /** Null where it promises nothing. */
  readonly promisedDays: number | null;
  readonly limits: ServiceLimits;
  readonly breaker: BreakerState;
  /** Whether a half open breaker would let a call through now. */
  readonly probeFree: boolean;
  readonly evidence: Evidence;
}

export interface ChoiceParcel {
  readonly weightGrams: number;
  /** Millimetres, longest first; absent where nobody measured. */
  readonly sizeMm?: readonly [number, number, number];
  readonly cashOnDeliveryMinor: number;
  readonly country: string;
  /** As `regionOf` says it. */
  readonly region: string;
}

/** What the buyer was told. */
export interface Deadline {
  /** Days from the hand-over. */
  readonly days: number;
  /** Whether who promises later comes only after all who keep it; otherwise the days that are expected too late cost money, no more. */
  readonly strict: boolean;
}

export interface ChoiceRequest {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly parcel: ChoiceParcel;
  readonly deadline: Deadline | null;
  readonly candidates: readonly Candidate[];
  readonly policy: Policy;
  readonly rules: Rules;
  /** Parcels given to each courier so far, which shares and capacities are counted by. */
  readonly volume: Volume;
  readonly parameters: ChooserParameters;
  /** Chance for trying out; null decides by what is expected alone. `seededRandom(seed)` lets a decision be made again. */
  readonly random: Random | null;
}

export interface Volume {
  /** By courier, on this day: for capacities. */
  readonly today: Readonly<Record<string, number>>;
  /** By courier, over the time that shares are held in. */
  readonly window: Readonly<Record<string, number>>;
}

/** Why a candidate cannot have the parcel at all. */
export type Exclusion =
  | "rule_never" | "too_heavy" | "too_large" | "no_cash_on_delivery" | "destination"
  | "capacity_reached" | "share_reached" | "breaker_open" | "breaker_probing" | "no_price";

/** What it was mainly that made a candidate's score worse than the chosen one's. */
export type Term = "price" | "days" | "lateness" | "failure" | "booking_failure";

/**
 * Why a candidate was not chosen. `promised_too_late`: others keep a strict deadline. `not_tried`: it scores as well or
 * better, and another one was tried out. `tie`: same score.
 */
export type LossReason = Exclusion | Term | "promised_too_late" | "not_tried" | "tie";

/** One candidate in a decision, as it is kept: numbers rounded, nothing that is not JSON. */
export interface Considered {
  readonly courierId: string;
  readonly service: string;
  /** 1 is asked first; null where it is not asked at all. */
  readonly rank: number | null;
  readonly priceMinor: number | null;
  readonly priceSource: "quoted" | "last_known";
  readonly promisedDays: number | null;
  readonly breaker: BreakerState;
  readonly expected: Expectation;
  readonly sampleSizes: SampleSizes;
  /** Expected cost in minor units; null without a price. */
  readonly scoreMinor: number | null;
  /** Null for the chosen one. */
  readonly lost: LossReason | null;
}

export interface Decision {
  /** Null where no candidate is left: the parcel has to wait. */
  readonly chosen: { readonly courierId: string; readonly service: string } | null;
  /** Whether the chosen one was taken to learn, though another is expected to cost less. */
  readonly explored: boolean;
  /** By rank, so that the next is asked where one fails; those that are out come last. */
  readonly candidates: readonly Considered[];
}
