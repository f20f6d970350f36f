/** How fast is learnt and forgotten, and how much is tried out. Chosen as docs/performance.md tells. */
export interface ChooserParameters {
  /** After so many days evidence counts half. */
  readonly halfLifeDays: number;
  /** How many parcels what is known in general is worth beside what was seen of one lane. */
  readonly priorStrength: number;
  /** How many failures on a weekday it takes to believe that the weekday matters. */
  readonly weekdayStrength: number;
  /** What trying out may be expected to cost, as a share of the best candidate's score; 0 tries only what costs nothing. */
  readonly explorationShare: number;
  /** What is promised by those who promise nothing. */
  readonly unpromisedDays: number;
  /** What is believed of anybody before the first parcel. */
  readonly prior: {
    readonly bookingFailure: number;
    readonly failure: number;
    /** Shares of deliveries by days against the promise, from `earliestOffset` to `latestOffset`. */
    readonly arrivals: readonly number[];
  };
}

export const defaultParameters: ChooserParameters = {
  halfLifeDays: 10,
  priorStrength: 20,
  weekdayStrength: 4,
  explorationShare: 0.02,
  unpromisedDays: 5,
  prior: {
    bookingFailure: 0.02,
    failure: 0.015,
    arrivals: [0.04, 0.1, 0.26, 0.45, 0.08, 0.03, 0.015, 0.01, 0.005, 0.003, 0.002, 0.002, 0.001, 0.002],
  },
};
