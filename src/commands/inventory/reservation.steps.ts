import type { ReservedLine } from "../../events/reservations.js";
import type { DecisionUnit, RowsRef, StreamRef } from "../../kernel/command.js";
import { Refusal, UnknownRefusal } from "../../kernel/refusal.js";
import { holdLineKey, holdLineState, type HoldLine } from "./hold-line.write-state.js";
import { countersOf, takingNeeds } from "./inventory.steps.js";
import { reservationStream, reservedLines, type MadeReservation, type Reservation } from "./reservation.decider.js";
import { claimUnits } from "./reserved-units.js";
import { claimHold, saleOf, takeFromSale, takeFromShelf } from "./sale-units.js";
import type { SaleRow } from "./sale.write-state.js";
import type { StockBook } from "./stock-book.js";

/** Names a reservation and proves whose it is. */
export interface ReservationRef {
  readonly reservationId: string;
  /** `guest:<hash of the secret>` where the caller has one; it opens what was reserved with it, whoever signs in later. */
  readonly guest: string | null;
}

export function reservationNeed({ reservationId }: Pick<ReservationRef, "reservationId">): StreamRef {
  return { type: reservationStream, id: reservationId };
}

/** The rows behind a reservation, once its stream has named them. */
export function rowsOfReservation({ reservationId }: Pick<ReservationRef, "reservationId">, read: Pick<DecisionUnit, "state">): readonly RowsRef[] {
  const reservation = read.state(reservationStream, reservationId);
  if (reservation.status === "absent") return [];
  return [...countersOf(reservation.lines, reservation.buyer), holdsOf(reservationId, reservation.lines)];
}

/** The rows that a claim looks at: of the reservation, and all that takes units anew where they have been lost. */
export function rowsOfClaim(ref: ReservationRef, buyer: string, read: Pick<DecisionUnit, "state">): readonly RowsRef[] {
  return [...rowsOfReservation(ref, read), ...takingNeeds(linesOfReservation(ref, read).filter(({ unitIds }) => unitIds === undefined), buyer)];
}

export function linesOfReservation({ reservationId }: Pick<ReservationRef, "reservationId">, read: Pick<DecisionUnit, "state">): readonly ReservedLine[] {
  return reservedLines(read.state(reservationStream, reservationId));
}

export function holdsOf(reservationId: string, lines: readonly Pick<ReservedLine, "sku">[]): RowsRef {
  return { state: holdLineState, keys: lines.map(({ sku }) => holdLineKey(reservationId, sku)) };
}

export function holdLineOf(unit: DecisionUnit, reservationId: string, sku: string): HoldLine | undefined {
  return unit.row(holdLineState, holdLineKey(reservationId, sku));
}

/** A line that an order took over, and the sale whose price holds for it. */
export interface ClaimedLine extends ReservedLine {
  readonly sale: SaleRow | null;
}

/**
 * Takes a reservation over for an order. What is still held stays set aside, also past its time; a line that somebody
 * needed meanwhile is taken anew where there are units, and refuses the whole where there are none.
 * @throws Refusal RESERVATION_UNKNOWN RESERVATION_CLAIMED RESERVATION_RELEASED RESERVATION_EXPIRED LIMIT_REACHED
 */
export function claim(book: StockBook, ref: ReservationRef, buyer: string, orderId: string): readonly ClaimedLine[] {
  const { unit } = book;
  const { reservationId } = ref;
  const reservation = openReservation(unit.state(reservationStream, reservationId), ref, buyer);
  const claimed = reservation.lines.map((line) => ({ ...line, sale: claimLine(book, reservationId, line, buyer, orderId) }));
  unit.execute(reservationStream, reservationId, { type: "Claim", reservationId, orderId });
  return claimed;
}

/**
 * A reservation that its buyer may still claim, change or release.
 * @throws Refusal RESERVATION_UNKNOWN (also for somebody else's) RESERVATION_CLAIMED RESERVATION_RELEASED
 */
export function openReservation(reservation: Reservation, ref: ReservationRef, buyer: string | null): MadeReservation {
  if (reservation.status === "absent" || !isOwn(reservation, ref, buyer)) throw new UnknownRefusal("RESERVATION_UNKNOWN", "There is no such reservation of yours.", "reservationId");
  if (reservation.status === "CLAIMED") throw new Refusal("RESERVATION_CLAIMED", "An order has taken this reservation over already.", "reservationId");
  if (reservation.status === "RELEASED") throw new Refusal("RESERVATION_RELEASED", "This reservation was given back; reserve anew.", "reservationId");
  return reservation;
}

/** Whether a reservation is the buyer's, or opened by the guest's secret. */
export function isOwn({ buyer: owner }: MadeReservation, { guest }: ReservationRef, buyer: string | null): boolean {
  return owner === buyer || owner === guest;
}

function claimLine(book: StockBook, reservationId: string, line: ReservedLine, buyer: string, orderId: string): SaleRow | null {
  const { sku, quantity, saleId } = line;
  const held = holdLineOf(book.unit, reservationId, sku);
  if (held && held.quantity > 0) {
    claimHold(book, held, buyer, "reservationId");
    return saleId === null ? null : saleOf(book, { sku, saleId }, "reservationId");
  }
  if (held) book.unit.remove(holdLineState, held);
  if (line.unitIds) {
    claimUnits(book, reservationId, line, orderId);
    return null;
  }
  try {
    if (saleId !== null) return takeFromSale(book, { sku, quantity, saleId }, buyer, "sold", "reservationId");
    takeFromShelf(book, line, "reservationId");
    return null;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal("RESERVATION_EXPIRED", `The reservation's time is over, and others have taken its units: ${error.message}`, "reservationId");
  }
}
