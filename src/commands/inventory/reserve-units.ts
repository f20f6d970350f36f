import { productsOf } from "../catalog/catalog.steps.js";
import type { ReservedLine } from "../../events/reservations.js";
import { defineCommand, type DecisionUnit, type RowsRef } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import { after } from "../../kernel/time.js";
import { Undecided } from "../../kernel/undecided.js";
import { reservationStream } from "./reservation.decider.js";
import { holdLineOf, openReservation, reservationNeed, rowsOfReservation, type ReservationRef } from "./reservation.steps.js";
import { checkLines, reservationLinesMax } from "./reserve-stock.js";
import { giveUnitsBack, holdUnits } from "./reserved-units.js";
import { endHold } from "./sale-units.js";
import { StockBook } from "./stock-book.js";
import { checkWish, wishNeeds, type UnitWish } from "./unit-wish.js";

export interface ReserveUnitsInput {
  /** `customer:<id>` or `guest:<hash of the secret>`. */
  readonly buyer: string;
  readonly lines: readonly UnitWish[];
}

/** Until when which units are held; RFC 3339. */
export type ReserveUnitsAnswer = { readonly reservationId: string; readonly expiresAt: string; readonly lines: readonly ReservedLine[] };

/**
 * Holds numbered units for a buyer for a while, named ones or any; all lines or none. What comes of it is a reservation like
 * any other. Refuses with `NO_LINES TOO_MANY_LINES DUPLICATE_SKU INVALID_QUANTITY UNKNOWN_PRODUCT NOT_UNIT_TRACKED TOO_MANY_UNITS
 * DUPLICATE_UNIT UNIT_UNKNOWN UNIT_TAKEN NOT_ENOUGH_UNITS NOT_ADJACENT`.
 * @throws Undecided CONTENDED where others hold so much at this moment that "not enough" might not be true
 */
export function reserveUnitsWith(holdSeconds: number) {
  return defineCommand<ReserveUnitsInput, ReserveUnitsAnswer>({
    name: "reserveUnits",
    lane: "orders",
    hotKeys: ({ lines }) => lines.map(({ sku }) => sku),
    needs: ({ lines }, commandId) => ({ newStreams: [{ type: reservationStream, id: commandId }], rows: rowsOfWishes(lines, commandId) }),
    decide({ buyer, lines: wishes }, unit) {
      const reservationId = unit.commandId;
      const made = unit.state(reservationStream, reservationId);
      if (made.status !== "absent") {
        if (!fulfils(made.lines, wishes)) throw new Undecided("KEY_REUSED", "This idempotency key made another reservation before. Use a new key for a new one.");
        return { reservationId, expiresAt: made.expiresAt, lines: made.lines };
      }
      checkWishes(unit, wishes);
      const book = new StockBook(unit);
      const expiresAt = after(unit.now, holdSeconds * 1_000);
      const lines = wishes.map((wish, index) => holdUnits(book, wish, { reservationId, buyer, expiresAt }, `lines.${String(index)}`));
      unit.execute(reservationStream, reservationId, { type: "Make", reservationId, buyer, lines, expiresAt, ...book.close() });
      return { reservationId, expiresAt, lines };
    },
  });
}

export interface UpdateReservedUnitsInput extends ReservationRef {
  /** `customer:<id>`; null for a guest. */
  readonly buyer: string | null;
  /** All lines as they shall be. */
  readonly lines: readonly UnitWish[];
}

/**
 * Exchanges what is held for other units, all or nothing: what it holds already counts as free for it. Until when stays as it
 * was. Refuses like `reserveUnits`, and with `RESERVATION_UNKNOWN RESERVATION_CLAIMED RESERVATION_RELEASED RESERVATION_EXPIRED`.
 */
export const updateReservedUnits = defineCommand<UpdateReservedUnitsInput, ReserveUnitsAnswer>({
  name: "updateReservedUnits",
  lane: "orders",
  correlationId: ({ reservationId }) => reservationId,
  needs: (input, commandId) => ({ streams: [reservationNeed(input)], rows: rowsOfWishes(input.lines, commandId) }),
  rowsOf: rowsOfReservation,
  decide(input, unit) {
    const { reservationId, lines: wishes } = input;
    const { status, buyer, lines: before, expiresAt } = openReservation(unit.state(reservationStream, reservationId), input, input.buyer);
    if (status === "EXPIRED" || expiresAt <= unit.now) throw new Refusal("RESERVATION_EXPIRED", "The reservation's time is over; reserve anew.", "reservationId");
    checkWishes(unit, wishes);
    const book = new StockBook(unit);
    for (const { sku } of before) {
      const line = holdLineOf(unit, reservationId, sku);
      if (line) endHold(book, line);
    }
    const lines = wishes.map((wish, index) => holdUnits(book, wish, { reservationId, buyer, expiresAt }, `lines.${String(index)}`));
    giveUnitsBack(book, reservationId, before, lines);
    unit.execute(reservationStream, reservationId, { type: "Change", reservationId, lines, ...book.close() });
    return { reservationId, expiresAt, lines };
  },
});

function rowsOfWishes(wishes: readonly UnitWish[], commandId: string): readonly RowsRef[] {
  return wishes.length > reservationLinesMax ? [] : [productsOf(wishes.map(({ sku }) => sku)), ...wishNeeds(wishes, commandId)];
}

function checkWishes(unit: DecisionUnit, wishes: readonly UnitWish[]): void {
  checkLines(unit, wishes.map(({ sku, quantity }) => ({ sku, quantity, saleId: null })));
  for (const [index, wish] of wishes.entries()) checkWish(unit, wish, `lines.${String(index)}`);
}

/** Whether a reservation of long ago was made of the same wishes. */
function fulfils(lines: readonly ReservedLine[], wishes: readonly UnitWish[]): boolean {
  return lines.length === wishes.length && wishes.every(({ sku, quantity, unitIds }, index) => {
    const line = lines[index];
    return line?.sku === sku && line.quantity === quantity && (unitIds === null || unitIds.every((unitId, place) => line.unitIds?.[place] === unitId));
  });
}
