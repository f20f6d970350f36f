import type { BookedFacts } from "../../events/inventory.js";
import type { ReservationEvent, ReservationStatus, ReservedLine } from "../../events/reservations.js";
import { defineStream, type Decider } from "../../kernel/decider.js";

export interface MadeReservation {
  readonly status: ReservationStatus;
  readonly buyer: string;
  readonly lines: readonly ReservedLine[];
  readonly expiresAt: string;
}

export type Reservation = { readonly status: "absent" } | MadeReservation;

interface Facts extends BookedFacts { readonly reservationId: string }

export type ReservationCommand =
  | Facts & { readonly type: "Make"; readonly buyer: string; readonly lines: readonly ReservedLine[]; readonly expiresAt: string }
  | Facts & { readonly type: "Change"; readonly lines: readonly ReservedLine[] }
  | { readonly type: "Claim"; readonly reservationId: string; readonly orderId: string }
  | Facts & { readonly type: "Release" }
  | Facts & { readonly type: "Expire" };

/**
 * A hold of units: made once, changed while it lasts, and ended once. One that was swept as expired can still be
 * claimed: whether its units are there again is not for this stream to say.
 */
export const reservationDecider: Decider<Reservation, ReservationCommand, ReservationEvent> = {
  initial: { status: "absent" },
  decide(command, reservation) {
    const { status } = reservation;
    switch (command.type) {
      case "Make": return status === "absent" ? [{ ...command, type: "ReservationMade" }] : [];
      case "Change": return status === "RESERVED" ? [{ ...command, type: "ReservationChanged" }] : [];
      case "Claim": return status === "RESERVED" || status === "EXPIRED" ? [{ ...command, type: "ReservationClaimed" }] : [];
      case "Release": return status === "RESERVED" ? [{ ...command, type: "ReservationReleased" }] : [];
      case "Expire": return status === "RESERVED" ? [{ ...command, type: "ReservationExpired" }] : [];
    }
  },
  evolve(reservation, event) {
    if (event.type === "ReservationMade") {
      const { buyer, lines, expiresAt } = event;
      return { status: "RESERVED", buyer, lines, expiresAt };
    }
    if (reservation.status === "absent") throw new Error(`${event.type} stands before ReservationMade`);
    switch (event.type) {
      case "ReservationChanged": return { ...reservation, lines: event.lines };
      case "ReservationClaimed": return { ...reservation, status: "CLAIMED" };
      case "ReservationReleased": return { ...reservation, status: "RELEASED" };
      case "ReservationExpired": return { ...reservation, status: "EXPIRED" };
    }
  },
};

export const reservationStream = defineStream("reservation", reservationDecider);

/** The lines of a reservation; none where there is no such one. */
export function reservedLines(reservation: Reservation): readonly ReservedLine[] {
  return reservation.status === "absent" ? [] : reservation.lines;
}
