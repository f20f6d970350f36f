import type { DecisionUnit, RowsRef } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import { Undecided } from "../../kernel/undecided.js";
import { stockUnitState, unitKey, wishKey, type StockUnit } from "./stock-unit.write-state.js";
import type { UnitBook } from "./unit-book.js";
import { byPlace, neighboursAmong } from "./unit-places.js";
import { runKey, unitRunState, unitShelfState } from "./unit-shelf.write-state.js";

/** Units of one line. */
export const lineUnitsMax = 100;

/** Numbered units of one product that a buyer wants. */
export type UnitWish = {
  readonly sku: string;
  /** As many as are named, where some are. */
  readonly quantity: number;
  /** Those and no others; null for any. */
  readonly unitIds: readonly string[] | null;
  /** Any, side by side in one row. */
  readonly adjacent: boolean;
};

/** All rows that a command looks at which takes units. What is too many, or no product's name, is refused: nothing is locked for it. */
export function wishNeeds(wishes: readonly UnitWish[], commandId: string): readonly RowsRef[] {
  const small = wishes.filter(({ sku, quantity }) => Number.isInteger(quantity) && quantity > 0 && quantity <= lineUnitsMax && !sku.includes("|"));
  const named = small.flatMap(({ sku, unitIds }) => (unitIds ?? []).map((unitId) => unitKey(sku, unitId)));
  const any = small.filter(({ unitIds, adjacent }) => unitIds === null && !adjacent);
  const adjacent = small.filter((wish) => wish.unitIds === null && wish.adjacent);
  const keysOf = (some: readonly UnitWish[]): readonly string[] => some.map(({ sku, quantity }) => wishKey(sku, quantity, commandId));
  return [
    { state: stockUnitState, keys: named },
    { state: stockUnitState, group: "any", keys: keysOf(any) },
    { state: stockUnitState, group: "neighbours", keys: keysOf(adjacent) },
    { state: unitShelfState, keys: wishes.map(({ sku }) => sku) },
    { state: unitRunState, keys: adjacent.map(({ sku, quantity }) => runKey(sku, quantity)) },
  ].filter(({ keys }) => keys.length > 0);
}

/** @throws Refusal NOT_UNIT_TRACKED TOO_MANY_UNITS DUPLICATE_UNIT */
export function checkWish(unit: DecisionUnit, { sku, quantity, unitIds }: UnitWish, field: string): void {
  if (unit.row(unitShelfState, sku)?.tracked !== true) throw new Refusal("NOT_UNIT_TRACKED", `The units of ${sku} have no numbers; reserve it with reserveStock.`, `${field}.sku`);
  if (quantity > lineUnitsMax) throw new Refusal("TOO_MANY_UNITS", `A line has at most ${String(lineUnitsMax)} units.`, field);
  if (unitIds && new Set(unitIds).size < unitIds.length) throw new Refusal("DUPLICATE_UNIT", "Name each unit once.", `${field}.unitIds`);
}

/**
 * Chooses the units that fulfil a wish; what the caller's own reservation holds counts as free for it.
 * @throws Refusal UNIT_UNKNOWN UNIT_TAKEN NOT_ENOUGH_UNITS NOT_ADJACENT
 * @throws Undecided CONTENDED where others hold so much at this moment that a "no" might not be true
 */
export function chooseUnits(unit: DecisionUnit, book: UnitBook, wish: UnitWish, ownReservation: string, field: string): readonly StockUnit[] {
  const isFree = (one: StockUnit): boolean => book.isFree(one) || one.reservationId === ownReservation;
  if (wish.unitIds) return namedUnits(book, wish.sku, wish.unitIds, isFree, field);
  const { sku, quantity, adjacent } = wish;
  const free = unit.rowsIn(stockUnitState, adjacent ? "neighbours" : "any", sku).filter(isFree).sort(byPlace);
  const found = adjacent ? neighboursAmong(free, quantity) : free.slice(0, quantity);
  if (found?.length === quantity) return found;
  throw shortage(unit, wish, free.length, field);
}

/** Why a wish for any units cannot be fulfilled, if that is true. */
function shortage(unit: DecisionUnit, { sku, quantity, adjacent }: UnitWish, free: number, field: string): Refusal | Undecided {
  const elsewhere = unit.row(unitShelfState, sku)?.moreElsewhere === true;
  const mayComeBack = adjacent ? unit.row(unitRunState, runKey(sku, quantity))?.elsewhere === true : elsewhere;
  if (mayComeBack) return new Undecided("CONTENDED", `Others are choosing units of ${sku} at this moment; repeat with the same key.`);
  if (adjacent && (elsewhere || free >= quantity)) return new Refusal("NOT_ADJACENT", `There are no ${String(quantity)} of ${sku} next to each other any more.`, `${field}.quantity`);
  return new Refusal("NOT_ENOUGH_UNITS", free === 0 ? `${sku} is sold out.` : `Only ${String(free)} of ${sku} are left.`, `${field}.quantity`);
}

function namedUnits(book: UnitBook, sku: string, unitIds: readonly string[], isFree: (unit: StockUnit) => boolean, field: string): readonly StockUnit[] {
  const found = unitIds.map((unitId, index) => {
    const unit = book.find(sku, unitId);
    if (!unit) throw new Refusal("UNIT_UNKNOWN", `There is no ${unitId} of ${sku}.`, `${field}.unitIds.${String(index)}`);
    return unit;
  });
  const taken = found.filter((unit) => !isFree(unit)).map(({ unitId }) => unitId);
  if (taken.length > 0) throw new Refusal("UNIT_TAKEN", `Taken already: ${taken.join(", ")}.`, `${field}.unitIds.${String(unitIds.indexOf(taken[0] ?? ""))}`);
  return found;
}
