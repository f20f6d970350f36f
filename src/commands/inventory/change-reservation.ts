import { productsOf } from "../catalog/catalog.steps.js";
import type { ReservedLine } from "../../events/reservations.js";
import { defineCommand } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import { takingNeeds } from "./inventory.steps.js";
import { reservationStream } from "./reservation.decider.js";
import { holdLineOf, isOwn, openReservation, reservationNeed, rowsOfReservation, type ReservationRef } from "./reservation.steps.js";
import { checkLines, hold, keepHolds, reservationLinesMax, type ReserveStockAnswer } from "./reserve-stock.js";
import { giveUnitsBack } from "./reserved-units.js";
import { endHold } from "./sale-units.js";
import { StockBook } from "./stock-book.js";

export interface UpdateReservationInput extends ReservationRef {
  /** `customer:<id>`; null for a guest. */
  readonly buyer: string | null;
  /** All lines as they shall be. */
  readonly lines: readonly ReservedLine[];
}

/**
 * Changes what is held, all or nothing: what it holds already counts as free for it. Until when stays as it was.
 * Refuses like `reserveStock`, and with `RESERVATION_UNKNOWN RESERVATION_CLAIMED RESERVATION_RELEASED RESERVATION_EXPIRED`.
 */
export const updateReservation = defineCommand<UpdateReservationInput, ReserveStockAnswer>({
  name: "updateReservation",
  lane: "orders",
  correlationId: ({ reservationId }) => reservationId,
  needs: (input) => ({ streams: [reservationNeed(input)] }),
  rowsOf: ({ reservationId, lines }, read) => {
    const reservation = read.state(reservationStream, reservationId);
    if (reservation.status === "absent" || lines.length > reservationLinesMax) return [];
    return [productsOf(lines.map(({ sku }) => sku)), ...rowsOfReservation({ reservationId }, read), ...takingNeeds(lines, reservation.buyer)];
  },
  decide(input, unit) {
    const { reservationId, lines } = input;
    const { status, buyer, lines: before, expiresAt } = openReservation(unit.state(reservationStream, reservationId), input, input.buyer);
    if (status === "EXPIRED" || expiresAt <= unit.now) throw new Refusal("RESERVATION_EXPIRED", "The reservation's time is over; reserve anew.", "reservationId");
    checkLines(unit, lines);
    const book = new StockBook(unit);
    const had = new Map<string | null, number>();
    for (const { sku } of before) {
      const line = holdLineOf(unit, reservationId, sku);
      if (!line) continue;
      had.set(line.saleId, line.quantity);
      endHold(book, line);
    }
    giveUnitsBack(book, reservationId, before);
    for (const [index, line] of lines.entries()) hold(book, line, buyer, `lines.${String(index)}`, had.get(line.saleId));
    keepHolds(unit, { reservationId, buyer, expiresAt }, lines);
    unit.execute(reservationStream, reservationId, { type: "Change", reservationId, lines, ...book.close() });
    return { reservationId, expiresAt };
  },
});

/** Gives everything back at once. One whose time is over is given back as well. Refuses with `RESERVATION_UNKNOWN RESERVATION_CLAIMED`. */
export const releaseReservation = defineCommand<ReservationRef & { readonly buyer: string | null }, { readonly reservationId: string }>({
  name: "releaseReservation",
  lane: "orders",
  correlationId: ({ reservationId }) => reservationId,
  needs: (input) => ({ streams: [reservationNeed(input)] }),
  rowsOf: rowsOfReservation,
  decide(input, unit) {
    const { reservationId } = input;
    const found = unit.state(reservationStream, reservationId);
    if (found.status === "RELEASED" && isOwn(found, input, input.buyer)) return { reservationId };
    openReservation(found, input, input.buyer);
    unit.execute(reservationStream, reservationId, { type: "Release", reservationId, ...endAll(new StockBook(unit), reservationId) });
    return { reservationId };
  },
});

/** Ends reservations whose time is over: what the sweeper sends. One that is not over, or has ended, is left alone. */
export const expireReservations = defineCommand<{ readonly reservationIds: readonly string[] }, { readonly expired: number }>({
  name: "expireReservations",
  needs: ({ reservationIds }) => ({ streams: reservationIds.map((reservationId) => reservationNeed({ reservationId })) }),
  rowsOf: ({ reservationIds }, read) => reservationIds.flatMap((reservationId) => rowsOfReservation({ reservationId }, read)),
  decide({ reservationIds }, unit) {
    let expired = 0;
    for (const reservationId of reservationIds) {
      const reservation = unit.state(reservationStream, reservationId);
      if (reservation.status !== "RESERVED" || reservation.expiresAt > unit.now) continue;
      unit.execute(reservationStream, reservationId, { type: "Expire", reservationId, ...endAll(new StockBook(unit), reservationId) });
      expired += 1;
    }
    return { expired };
  },
});

/** Gives back every line that is still held. */
function endAll(book: StockBook, reservationId: string): ReturnType<StockBook["close"]> {
  const reservation = book.unit.state(reservationStream, reservationId);
  const lines = reservation.status === "RESERVED" ? reservation.lines : [];
  for (const { sku } of lines) {
    const line = holdLineOf(book.unit, reservationId, sku);
    if (line) endHold(book, line);
  }
  giveUnitsBack(book, reservationId, lines);
  return book.close();
}
