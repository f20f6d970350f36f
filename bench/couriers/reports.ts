/** What a shop gets to see of its couriers, and nothing else: the chooser's driver knows no other words. */

export interface ParcelToSend {
  readonly parcelId: number;
  readonly weightGrams: number;
  readonly country: string;
  readonly postalCode: string;
  /** What the buyer was told, in days from the hand-over. */
  readonly deadlineDays: number;
}

/** A courier's answer when it was asked for its rates, or what it took the last time where it gave none. */
export interface Offer {
  readonly courierId: string;
  readonly service: string;
  readonly priceMinor: number | null;
  readonly priceSource: "quoted" | "last_known";
  readonly promisedDays: number;
  /** Of the shop's own breaker for the courier. */
  readonly breaker: "closed" | "half_open" | "open";
  readonly probeFree: boolean;
}

/** The service that a parcel was, or was to be, given to. */
export interface Given {
  readonly parcelId: number;
  readonly courierId: string;
  readonly service: string;
}

/** What couriers tell, when they tell it. Of a parcel that is lost nobody tells. */
export interface News extends Given {
  readonly kind: "booked" | "booking_failed" | "handed_over" | "delivered" | "returned";
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** Who decides for the shop. */
export interface Dispatcher {
  /** Whom to ask, in this order. */
  choose(parcel: ParcelToSend, offers: readonly Offer[], nowMs: number): readonly Given[];
  hear(news: News): void;
}

/** What things cost the shop besides the price, in minor units. */
export const costs = { lateDayMinor: 250, failureMinor: 4_000, bookingFailureMinor: 20 };
