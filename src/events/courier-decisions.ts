/** What is expected of one parcel given to one service. */
export interface Expectation {
  readonly bookingFailure: number;
  readonly failure: number;
  readonly late: number;
  /** Days after the deadline, those in time counted as none. */
  readonly lateDays: number;
  /** From the hand-over to the delivery. */
  readonly days: number;
}

/** How many parcels the expectation rests on, each at the weight it has now. */
export interface SampleSizes {
  readonly bookings: number;
  readonly outcomes: number;
}

/** What things cost the shop, in minor units. */
export interface Weights {
  /** What one minor unit of the price counts; 1, or less where money matters less than time. */
  readonly price: number;
  /** For each day on the way, in time or not. */
  readonly dayMinor: number;
  /** For each day after the deadline. */
  readonly lateDayMinor: number;
  /** For a parcel that is lost or comes back: goods, second sending, an angry buyer. */
  readonly failureMinor: number;
  /** For a booking that fails, before the next courier is asked. */
  readonly bookingFailureMinor: number;
}

/** As the platform's breaker says it; `held_open` is by hand. */
export type BreakerState = "closed" | "half_open" | "open" | "held_open";

/** What the buyer was told. */
export interface Deadline {
  /** Days from the hand-over. */
  readonly days: number;
  /** Whether who promises later comes only after all who keep it; otherwise the days that are expected too late cost money, no more. */
  readonly strict: boolean;
}

/**
 * Why a candidate cannot have the parcel at all. `in_doubt`: an earlier call to this courier for this parcel has not been
 * cleared up, so that a second one could make a second label.
 */
export type Exclusion =
  | "rule_never" | "too_heavy" | "too_large" | "no_cash_on_delivery" | "destination"
  | "capacity_reached" | "share_reached" | "breaker_open" | "breaker_probing" | "no_price" | "in_doubt" | "failed_before";

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
  /** `last_known`: it did not answer in time, and this is what it took the last time. */
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
