import type { ReservedLine } from "../../events/reservations.js";
import { Refusal } from "../../kernel/refusal.js";
import { holdLineKey, holdLineState } from "./hold-line.write-state.js";
import type { StockBook } from "./stock-book.js";
import { chooseUnits, type UnitWish } from "./unit-wish.js";

/** A reservation whose lines are to be held, and until when. */
interface Holder {
  readonly reservationId: string;
  readonly buyer: string;
  readonly expiresAt: string;
}

/** Holds the units that fulfil a wish. Refuses like `chooseUnits`. @returns the line that names them */
export function holdUnits(book: StockBook, wish: UnitWish, { reservationId, buyer, expiresAt }: Holder, field: string): ReservedLine {
  const { unit, units } = book;
  const chosen = chooseUnits(unit, units, wish, reservationId, field);
  for (const one of chosen) units.hold(one, reservationId, expiresAt);
  const { sku } = wish;
  // The units say themselves who holds them: this is for the sweeper to find, and counts nothing.
  unit.put(holdLineState, { id: holdLineKey(reservationId, sku), reservationId, sku, quantity: 0, saleId: null, buyer, expiresAt });
  return { sku, quantity: chosen.length, saleId: null, unitIds: chosen.map(({ unitId }) => unitId) };
}

/** Gives units of a reservation back, but for those that it goes on holding and those that somebody has needed meanwhile. */
export function giveUnitsBack(book: StockBook, reservationId: string, lines: readonly ReservedLine[], kept: readonly ReservedLine[] = []): void {
  for (const { sku, unitIds = [] } of lines) {
    const stays = kept.find((line) => line.sku === sku)?.unitIds ?? [];
    for (const unitId of unitIds) {
      if (stays.includes(unitId)) continue;
      const one = book.units.get(sku, unitId);
      if (one.reservationId === reservationId) book.units.giveBack(one);
    }
  }
}

/** An order takes units over: those still held, and those that are free although the time is over. @throws Refusal RESERVATION_EXPIRED */
export function claimUnits(book: StockBook, reservationId: string, { sku, unitIds = [] }: ReservedLine, orderId: string): void {
  const found = unitIds.map((unitId) => book.units.get(sku, unitId));
  const lost = found.filter((one) => one.reservationId !== reservationId && !book.units.isFree(one)).map(({ unitId }) => unitId);
  if (lost.length > 0) throw new Refusal("RESERVATION_EXPIRED", `The reservation's time is over, and others have taken ${lost.join(", ")}.`, "reservationId");
  for (const one of found) book.units.sell(one, orderId);
}
