import type { BreakerState, Considered, Deadline } from "../../../events/courier-decisions.js";
import type { Random } from "./chance.js";
import type { Evidence } from "./lanes.js";
import type { ChooserParameters } from "./parameters.js";
import type { Policy } from "./policy.js";
import type { Rules } from "./rules.js";

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
  /** It never names prices beforehand: without one it comes after all who do, and is not out. */
  readonly unpriced?: true;
  /** `last_known`: it did not answer in time, and this is what it took the last time. */
  readonly priceSource: "quoted" | "last_known";
  /** Null where it promises nothing. */
  readonly promisedDays: number | null;
  readonly limits: ServiceLimits;
  readonly breaker: BreakerState;
  /** Whether a half open breaker would let a call through now. */
  readonly probeFree: boolean;
  readonly evidence: Evidence;
  /** What became of an earlier call for this very parcel, where that keeps it from being asked again. */
  readonly asked?: "in_doubt" | "failed_before";
}

export interface ChoiceParcel {
  readonly weightGrams: number;
  /** Millimetres, longest first; absent where nobody measured. */
  readonly sizeMm?: readonly [number, number, number];
  readonly cashOnDeliveryMinor: number;
  readonly country: string;
  /** As `regionOf` says it. */
  readonly region: string;
  /** The same to as many characters of the postal code as a rule may name. */
  readonly fineRegion: string;
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

export interface Decision {
  /** Null where no candidate is left: the parcel has to wait. */
  readonly chosen: { readonly courierId: string; readonly service: string } | null;
  /** Whether the chosen one was taken to learn, though another is expected to cost less. */
  readonly explored: boolean;
  /** By rank, so that the next is asked where one fails; those that are out come last. */
  readonly candidates: readonly Considered[];
}
