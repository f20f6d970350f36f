import type { BookedFacts, UnitFact } from "../../events/inventory.js";
import type { DecisionUnit, RowsRef } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import { holdLineState } from "./hold-line.write-state.js";
import { giveBackToSale, saleOf, takeFromSale, takeFromShelf, type WantedLine } from "./sale-units.js";
import { saleBuyerKey, saleBuyerState, saleState, type SaleRow } from "./sale.write-state.js";
import { StockBook } from "./stock-book.js";
import { entranceNeeds } from "./waiting-room.steps.js";
import { stockItemState } from "./stock-item.write-state.js";
import { stockUnitState, unitKey } from "./stock-unit.write-state.js";
import { placeKey, unitPlaceState } from "./unit-shelf.write-state.js";

export { StockBook };
export type { SaleRow, WantedLine };

/** Units of one SKU. */
export interface StockLine {
  readonly sku: string;
  readonly quantity: number;
}

/** A line that is given back, shipped or claimed; of a product with numbered units it names them. */
export interface TakenLine extends WantedLine {
  readonly unitIds?: readonly string[];
}

/** Who buys, as sales and reservations know them. */
export function buyerOf(customerId: string): string {
  return `customer:${customerId}`;
}

/** The stock rows of some products. */
export function stockOf(lines: readonly Pick<StockLine, "sku">[]): RowsRef {
  return { state: stockItemState, keys: lines.map(({ sku }) => sku) };
}

/**
 * All rows that a command looks at which gives lines back, whether to the shelf or to their sales. Numbered units are
 * themselves what is looked at: their product is not locked.
 */
export function countersOf(lines: readonly Pick<TakenLine, "sku" | "saleId" | "unitIds">[], buyer: string): readonly RowsRef[] {
  const units = lines.flatMap(({ sku, unitIds = [] }) => unitIds.map((unitId) => unitKey(sku, unitId)));
  const counted = lines.filter(({ unitIds }) => unitIds === undefined);
  const numbered: RowsRef[] = units.length === 0 ? [] : [{ state: stockUnitState, keys: units }];
  return [...(counted.length === 0 ? [] : countersOfCounted(counted, buyer)), ...numbered];
}

function countersOfCounted(lines: readonly Pick<WantedLine, "sku" | "saleId">[], buyer: string): readonly RowsRef[] {
  const saleIds = saleIdsOf(lines);
  if (saleIds.length === 0) return [stockOf(lines)];
  return [stockOf(lines), { state: saleState, keys: saleIds }, { state: saleBuyerState, keys: saleIds.map((id) => saleBuyerKey(id, buyer)) }];
}

function saleIdsOf(lines: readonly Pick<WantedLine, "saleId">[]): readonly string[] {
  return lines.flatMap(({ saleId }) => (saleId ? [saleId] : []));
}

/** All rows that a command looks at which takes lines: beside the counters the holds that are over, and what the buyer holds already. */
export function takingNeeds(lines: readonly Pick<WantedLine, "sku" | "saleId">[], buyer: string): readonly RowsRef[] {
  const saleIds = saleIdsOf(lines);
  const held: RowsRef[] = saleIds.length === 0 ? [] : [
    { state: holdLineState, group: "buyer", keys: saleIds.map((id) => saleBuyerKey(id, buyer)) }, ...entranceNeeds(saleIds, buyer),
  ];
  return [...countersOf(lines, buyer), { state: holdLineState, group: "expired", keys: lines.map(({ sku }) => sku) }, ...held];
}

/** The sale whose price holds for a line; null for units of the shelf. @throws Refusal UNKNOWN_SALE */
export function saleFor(book: StockBook, { sku, saleId }: Pick<WantedLine, "sku" | "saleId">, field: string): SaleRow | null {
  return saleId ? saleOf(book, { sku, saleId }, field) : null;
}

/**
 * Sets units aside for an order, from the shelf or out of a sale.
 * @throws Refusal OUT_OF_STOCK, and of sales UNKNOWN_SALE SALE_NOT_STARTED SALE_ENDED LIMIT_REACHED PASS_REQUIRED
 */
export function take(book: StockBook, line: WantedLine, buyer: string, field: string): void {
  const { sku, quantity, saleId } = line;
  if (saleId) takeFromSale(book, { sku, quantity, saleId }, buyer, "sold", field);
  else takeFromShelf(book, line, field);
}

/**
 * Takes the units of an order again that had given them up: the same numbered ones, and as many of the others; all or none.
 * @throws Refusal what `take` throws, OUT_OF_STOCK also where a numbered unit is somebody else's by now
 */
export function takeAgain(unit: DecisionUnit, lines: readonly TakenLine[], buyer: string, orderId: string): BookedFacts {
  const book = new StockBook(unit);
  for (const [index, line] of lines.entries()) {
    if (line.unitIds) takeUnits(book, line.sku, line.unitIds, orderId);
    else take(book, line, buyer, `lines.${String(index)}`);
  }
  return book.close();
}

function takeUnits({ units }: StockBook, sku: string, unitIds: readonly string[], orderId: string): void {
  for (const unitId of unitIds) {
    const one = units.get(sku, unitId);
    if (!units.isFree(one)) throw new Refusal("OUT_OF_STOCK", `Somebody else has ${unitId} of ${sku} by now.`, "lines");
    units.sell(one, orderId);
  }
}

/** Gives units of an order back: to their sale while it is on, else to the shelf. */
export function release(unit: DecisionUnit, lines: readonly TakenLine[], buyer: string): BookedFacts {
  const book = new StockBook(unit);
  for (const { sku, quantity, saleId, unitIds } of lines) {
    if (unitIds) for (const unitId of unitIds) book.units.giveBack(book.units.get(sku, unitId));
    else if (saleId) giveBackToSale(book, { sku, quantity, saleId }, buyer);
    else book.move(sku, 0, -quantity);
  }
  return book.close();
}

/** All rows that a command looks at which ships lines. */
export function partingNeeds(lines: readonly Pick<TakenLine, "sku" | "unitIds">[]): readonly RowsRef[] {
  return countersOf(lines, "");
}

/** Units that were set aside leave the house. */
export function shipOut(unit: DecisionUnit, lines: readonly Omit<TakenLine, "saleId">[]): BookedFacts {
  const book = new StockBook(unit);
  for (const { sku, quantity, unitIds } of lines) {
    if (unitIds) for (const unitId of unitIds) book.units.ship(book.units.get(sku, unitId));
    else book.move(sku, -quantity, -quantity);
  }
  return book.close();
}

/**
 * Takes units out that left though nobody had set them aside any more: all of them, or none where others were promised some.
 * Of numbered units any of those named will do. @returns null where nothing was taken
 */
export function takeAway(unit: DecisionUnit, lines: readonly Omit<TakenLine, "saleId">[], orderId: string): BookedFacts | null {
  const book = new StockBook(unit);
  const free = lines.map(({ sku, unitIds }) => unitIds?.map((unitId) => book.units.get(sku, unitId)).filter((one) => book.units.isFree(one)));
  if (lines.some(({ sku, quantity }, index) => (free[index]?.length ?? book.free(sku)) < quantity)) return null;
  for (const [index, { sku, quantity }] of lines.entries()) {
    const numbered = free[index]?.slice(0, quantity);
    if (!numbered) book.move(sku, -quantity, 0);
    for (const one of numbered ?? []) {
      book.units.sell(one, orderId);
      book.units.ship(book.units.get(sku, one.unitId));
    }
  }
  return book.close();
}

/** Units that a buyer sent back and that are good; of a product with numbered units it names them as they were. */
export interface ReturnedLine extends StockLine {
  readonly units?: readonly UnitFact[];
}

/** All rows that a command looks at which takes lines back. As with a receipt the product is locked, and the places of its units are looked at. */
export function returningNeeds(lines: readonly Pick<ReturnedLine, "sku" | "units">[]): readonly RowsRef[] {
  const units = lines.flatMap(({ units: some = [] }) => some);
  if (units.length === 0) return [stockOf(lines)];
  const places = units.flatMap(({ sku, row, place }) => (row === null || place === null ? [] : [placeKey(sku, row, place)]));
  return [stockOf(lines), { state: stockUnitState, keys: units.map(({ sku, unitId }) => unitKey(sku, unitId)) }, { state: unitPlaceState, keys: places }];
}

/** What a buyer sent back is stock again. A numbered unit whose place was given away meanwhile comes back without one. */
export function takeBack(unit: DecisionUnit, lines: readonly ReturnedLine[]): BookedFacts {
  const book = new StockBook(unit);
  for (const { sku, quantity, units } of lines) {
    if (!units && quantity > 0) book.move(sku, quantity, 0);
    for (const { unitId, row, place } of units ?? []) {
      const isTaken = row === null || place === null || unit.row(unitPlaceState, placeKey(sku, row, place)) !== undefined;
      book.units.receive({ sku, unitId, rowLabel: isTaken ? null : row, place: isTaken ? null : place });
    }
  }
  return book.close();
}

/** Units come in. */
export function takeIn(unit: DecisionUnit, lines: readonly StockLine[]): BookedFacts {
  const book = new StockBook(unit);
  for (const { sku, quantity } of lines) book.move(sku, quantity, 0);
  return book.close();
}

/**
 * Gives a new product its row of zeros, under the lock of the product's stream: a row that is there can be locked,
 * so that no two processes ever begin to count from nothing.
 */
export function openStock(unit: Pick<DecisionUnit, "row" | "put">, sku: string): void {
  if (!unit.row(stockItemState, sku)) unit.put(stockItemState, { sku, onHand: 0, reserved: 0, version: 0, lowAt: null, told: "plenty", tracked: false });
}
