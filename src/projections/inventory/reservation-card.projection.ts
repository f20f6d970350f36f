import type { ReservationEvent, ReservationStatus, ReservedLine } from "../../events/reservations.js";
import type { RecordedEvent } from "../../kernel/event.js";
import { defineProjection, type Rows } from "../../kernel/projection.js";

/** A hold of units as its stream has it: one whose time is over stays RESERVED here until the sweeper has come by. */
export interface ReservationCardRow {
  readonly reservationId: string;
  /** `customer:<id>`, or `guest:<hash of the guest's secret>`. */
  readonly buyer: string;
  readonly lines: readonly ReservedLine[];
  readonly status: ReservationStatus;
  readonly expiresAt: string;
  /** The order that took it over. */
  readonly orderId: string | null;
  readonly madeAt: string;
  readonly updatedAt: string;
  /** Version of the reservation's stream. */
  readonly version: number;
}

/** One row a reservation. */
export const reservationCard = defineProjection<ReservationEvent, ReservationCardRow>({
  name: "reservation_card",
  version: 1,
  categories: ["reservation"],
  key: "reservationId",
  touches: ({ reservationId }) => [reservationId],
  on: {
    ReservationMade: ({ reservationId, buyer, lines, expiresAt }, rows, { version, recordedAt }) => rows.put({
      reservationId, buyer, lines, status: "RESERVED", expiresAt, orderId: null, madeAt: recordedAt, updatedAt: recordedAt, version,
    }),
    ReservationChanged: (event, rows, recorded) => change(event, rows, recorded, { lines: event.lines }),
    ReservationClaimed: (event, rows, recorded) => change(event, rows, recorded, { status: "CLAIMED", orderId: event.orderId }),
    ReservationReleased: (event, rows, recorded) => change(event, rows, recorded, { status: "RELEASED" }),
    ReservationExpired: (event, rows, recorded) => change(event, rows, recorded, { status: "EXPIRED" }),
  },
  push: ({ reservationId }) => [`reservation:${reservationId}`],
});

function change(
  { type, reservationId }: ReservationEvent, rows: Rows<ReservationCardRow>, { version, recordedAt }: RecordedEvent, changes: Partial<ReservationCardRow>,
): void {
  const known = rows.change(reservationId, (row) => ({ ...row, ...changes, version, updatedAt: recordedAt }));
  if (!known) throw new Error(`${type} of ${reservationId} stands before ReservationMade`);
}
