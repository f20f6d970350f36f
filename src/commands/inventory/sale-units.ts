import type { DecisionUnit } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import { Undecided } from "../../kernel/undecided.js";
import { expiredLinesMax, holdLineState, type HoldLine } from "./hold-line.write-state.js";
import { saleBuyerKey, saleBuyerState, type SaleRow } from "./sale.write-state.js";
import type { StockBook } from "./stock-book.js";
import { enterSale } from "./waiting-room.steps.js";

/** Units of one product that a buyer wants, from the shelf or from a sale. */
export interface WantedLine {
  readonly sku: string;
  readonly quantity: number;
  /** Absent or null from the shelf. */
  readonly saleId?: string | null;
}

/** Units of a sale that a buyer wants. */
export interface WantedOfSale extends WantedLine {
  readonly saleId: string;
  /** Units of the sale that the caller's own reservation held until now; absent where it is a new one. */
  readonly had?: number;
}

/** Whether the sale is on at that moment, by the primary's clock. */
export function isOpen({ startsAt, endsAt, ended }: Pick<SaleRow, "startsAt" | "endsAt" | "ended">, now: string): boolean {
  return !ended && startsAt <= now && now < endsAt;
}

/**
 * Sets units of the shelf aside.
 * @param field path of the line, for the refusal
 * @throws Refusal OUT_OF_STOCK UNITS_REQUIRED
 */
export function takeFromShelf(book: StockBook, { sku, quantity }: WantedLine, field: string): void {
  if (book.item(sku).tracked) throw new Refusal("UNITS_REQUIRED", `The units of ${sku} are numbered; reserve them with reserveUnits.`, `${field}.sku`);
  if (book.free(sku) < quantity) reclaim(book, sku, null, quantity - book.free(sku));
  const free = book.free(sku);
  if (free < quantity) throw shortage(book, sku, free, `${field}.quantity`);
  book.move(sku, 0, quantity);
}

/**
 * Takes units out of a sale, to be held or sold.
 * @throws Refusal UNKNOWN_SALE SALE_NOT_STARTED SALE_ENDED LIMIT_REACHED OUT_OF_STOCK, and what `enterSale` throws
 */
export function takeFromSale(book: StockBook, line: WantedOfSale, buyer: string, as: "held" | "sold", field: string): SaleRow {
  const { sku, quantity, saleId, had = 0 } = line;
  const { now } = book.unit;
  const sale = saleOf(book, line, field);
  if (now < sale.startsAt) throw new Refusal("SALE_NOT_STARTED", `The sale begins at ${sale.startsAt}.`, `${field}.saleId`);
  if (!isOpen(sale, now)) throw new Refusal("SALE_ENDED", "The sale is over.", `${field}.saleId`);
  checkLimit(book, sale, buyer, quantity, field);
  // What is promised to those who were let in is nobody else's.
  const promised = sale.waitingRoom ? enterSale(book.unit, { saleId, buyer, quantity, had, field }) : 0;
  if (sale.leftUnits - promised < quantity) reclaim(book, sku, saleId, quantity + promised - sale.leftUnits);
  const { leftUnits, held } = saleOf(book, line, field);
  const free = Math.max(0, leftUnits - promised);
  if (free < quantity) throw shortage(book, sku, free, `${field}.quantity`, held > 0 ? " Some are held and may come back." : "");
  book.moveSale(saleId, { left: -quantity, [as]: quantity });
  if (as === "sold") addBought(book, saleId, buyer, quantity);
  return sale;
}

/** Units that an order took out of a sale come back: into the sale while it is on, else onto the shelf. */
export function giveBackToSale(book: StockBook, { sku, quantity, saleId }: WantedLine & { readonly saleId: string }, buyer: string): void {
  addBought(book, saleId, buyer, -quantity);
  giveBack(book, sku, saleId, { sold: -quantity }, quantity);
}

/** A line of a reservation comes back; of a line that somebody else has needed meanwhile nothing is left to come back. */
export function endHold(book: StockBook, line: HoldLine): void {
  const { sku, quantity, saleId } = line;
  book.unit.remove(holdLineState, line);
  if (quantity === 0) return;
  if (saleId === null) book.move(sku, 0, -quantity);
  else giveBack(book, sku, saleId, { held: -quantity }, quantity);
}

/** An order takes a line over that is still held: its units stay set aside. @throws Refusal LIMIT_REACHED */
export function claimHold(book: StockBook, line: HoldLine, buyer: string, field: string): void {
  const { sku, quantity, saleId } = line;
  book.unit.remove(holdLineState, line);
  if (saleId === null) return;
  checkLimit(book, saleOf(book, { sku, saleId }, field), buyer, quantity, field);
  book.moveSale(saleId, { held: -quantity, sold: quantity });
  addBought(book, saleId, buyer, quantity);
}

export function saleOf(book: StockBook, { sku, saleId }: { readonly sku: string; readonly saleId: string }, field: string): SaleRow {
  const sale = book.sale(saleId);
  if (sale?.sku !== sku) throw new Refusal("UNKNOWN_SALE", `There is no such sale of ${sku}.`, `${field}.saleId`);
  return sale;
}

function giveBack(book: StockBook, sku: string, saleId: string, move: { readonly sold?: number; readonly held?: number }, quantity: number): void {
  const sale = book.sale(saleId);
  if (sale && isOpen(sale, book.unit.now)) {
    book.moveSale(saleId, { ...move, left: quantity });
    return;
  }
  book.moveSale(saleId, move);
  book.move(sku, 0, -quantity);
}

/** What a buyer has bought and holds in a sale may not pass its limit. */
function checkLimit(book: StockBook, { id, limitPerCustomer }: SaleRow, buyer: string, quantity: number, field: string): void {
  if (limitPerCustomer === null) return;
  const has = unitsInSale(book.unit, saleBuyerKey(id, buyer));
  if (has + quantity <= limitPerCustomer) return;
  const already = has === 0 ? "" : `; you have ${String(has)} already`;
  throw new Refusal("LIMIT_REACHED", `A customer may have ${String(limitPerCustomer)} in this sale${already}.`, `${field}.quantity`);
}

/** Units that somebody has bought and holds in a sale; what one held and let expire does not count. @param key see `saleBuyerKey` */
export function unitsInSale(unit: DecisionUnit, key: string): number {
  const bought = unit.row(saleBuyerState, key)?.bought ?? 0;
  return unit.rowsIn(holdLineState, "buyer", key).filter(({ expiresAt }) => expiresAt > unit.now).reduce((sum, line) => sum + line.quantity, bought);
}

function addBought({ unit }: StockBook, saleId: string, buyer: string, quantity: number): void {
  const id = saleBuyerKey(saleId, buyer);
  unit.put(saleBuyerState, { id, bought: (unit.row(saleBuyerState, id)?.bought ?? 0) + quantity });
}

/** Holds whose time is over count as free the moment somebody needs them: the longest over go first, and no more than needed. */
export function reclaim(book: StockBook, sku: string, saleId: string | null, needed: number): void {
  const { unit } = book;
  const over = [...holdsOver(unit, sku, saleId)].sort((a, b) => (a.expiresAt < b.expiresAt ? -1 : 1));
  let missing = needed;
  for (const line of over) {
    if (missing <= 0) return;
    const { reservationId, quantity } = line;
    unit.put(holdLineState, { ...line, quantity: 0 });
    if (saleId === null) book.move(sku, 0, -quantity, { reservationId, quantity });
    else book.moveSale(saleId, { held: -quantity, left: quantity }, { reservationId, quantity });
    missing -= quantity;
  }
}

/** Holds of a sale's units, or of the shelf's, whose time is over. */
export function holdsOver(unit: DecisionUnit, sku: string, saleId: string | null): readonly HoldLine[] {
  return unit.rowsIn(holdLineState, "expired", sku).filter((line) => line.expiresAt <= unit.now && line.saleId === saleId);
}

function shortage(book: StockBook, sku: string, free: number, field: string, more = ""): Refusal | Undecided {
  // Not all that is over was looked at: to say "sold out" might not be true.
  if (book.unit.rowsIn(holdLineState, "expired", sku).length >= expiredLinesMax) {
    return new Undecided("TOO_EARLY", `Many holds of ${sku} are over and not given back yet; repeat in a moment with the same key.`);
  }
  return new Refusal("OUT_OF_STOCK", free === 0 ? `${sku} is sold out.${more}` : `Only ${String(free)} of ${sku} are left.${more}`, field);
}
