import type { BookedFacts } from "./inventory.js";

/** Units of one product that are held, from the shelf or from a sale. */
export type ReservedLine = {
  readonly sku: string;
  readonly quantity: number;
  /** Null from the shelf. */
  readonly saleId: string | null;
  /** Which ones, of a product with numbered units; absent of any other. */
  readonly unitIds?: readonly string[];
};

/** Units are held for a buyer until a moment. */
export interface ReservationMade extends BookedFacts {
  readonly type: "ReservationMade";
  readonly reservationId: string;
  /** `customer:<id>`, or `guest:<hash of the guest's secret>`. */
  readonly buyer: string;
  readonly lines: readonly ReservedLine[];
  /** RFC 3339. */
  readonly expiresAt: string;
}

/** The buyer wants more, fewer, or others; until when stays as it was. */
export interface ReservationChanged extends BookedFacts {
  readonly type: "ReservationChanged";
  readonly reservationId: string;
  readonly lines: readonly ReservedLine[];
}

/** An order took the units over. Counters that changed stand with `OrderPlaced`. */
export interface ReservationClaimed {
  readonly type: "ReservationClaimed";
  readonly reservationId: string;
  readonly orderId: string;
}

export interface ReservationReleased extends BookedFacts {
  readonly type: "ReservationReleased";
  readonly reservationId: string;
}

/** Its time was over. Lines that somebody had needed before are not among the facts: those stand with who took them. */
export interface ReservationExpired extends BookedFacts {
  readonly type: "ReservationExpired";
  readonly reservationId: string;
}

export type ReservationEvent = ReservationMade | ReservationChanged | ReservationClaimed | ReservationReleased | ReservationExpired;
export type ReservationStatus = "RESERVED" | "CLAIMED" | "RELEASED" | "EXPIRED";
