import { productBy, productsOf } from "../catalog/catalog.steps.js";
import type { UnitFact } from "../../events/inventory.js";
import { defineCommand, type DecisionUnit } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import { Undecided } from "../../kernel/undecided.js";
import { stockOf } from "./inventory.steps.js";
import { receiptStream } from "./receipt.decider.js";
import { StockBook } from "./stock-book.js";
import { stockItemState } from "./stock-item.write-state.js";
import { stockUnitState, unitKey } from "./stock-unit.write-state.js";
import { placeKey, unitPlaceState } from "./unit-shelf.write-state.js";

export const receiptUnitsMax = 2_000;
export const placeMax = 1_000_000;
/** Neither has a slash, which parts them from their product. */
const unitPattern = /^[A-Za-z0-9][A-Za-z0-9 ._:#-]{0,63}$/;
const rowPattern = /^[A-Za-z0-9][A-Za-z0-9 ._:#-]{0,31}$/;

export type ReceivedUnit = {
  readonly unitId: string;
  /** Both or neither. */
  readonly row: string | null;
  readonly place: number | null;
};

export interface ReceiveUnitsInput {
  readonly sku: string;
  readonly units: readonly ReceivedUnit[];
}

/**
 * Books numbered units in; all or none. The first receipt makes the product one whose units are numbered, for good. One that has
 * left the house may come back. Refuses with `NO_UNITS TOO_MANY_UNITS INVALID_UNIT INVALID_PLACE DUPLICATE_UNIT PLACE_TAKEN UNKNOWN_PRODUCT
 * NOT_UNIT_TRACKED`.
 */
export const receiveUnits = defineCommand<ReceiveUnitsInput, { readonly receiptId: string }>({
  name: "receiveUnits",
  needs: ({ sku, units }, commandId) => ({
    newStreams: [{ type: receiptStream, id: commandId }],
    // The product's row is locked, so that no two receipts look for the same unit, and nobody counts the product meanwhile.
    rows: units.length > receiptUnitsMax ? [] : [
      productsOf([sku]), stockOf([{ sku }]),
      { state: stockUnitState, keys: units.map(({ unitId }) => unitKey(sku, unitId)) },
      { state: unitPlaceState, keys: sku.includes("/") ? [] : units.filter(hasPlace).map(({ row, place }) => placeKey(sku, row, place)) },
    ],
  }),
  decide({ sku, units }, unit) {
    const receiptId = unit.commandId;
    if (receivedBefore(unit, units)) return { receiptId };
    check(units);
    checkPlaces(units);
    const item = unit.row(stockItemState, sku);
    if (!productBy(unit, sku) || !item) throw new Refusal("UNKNOWN_PRODUCT", `There is no product ${sku}; create it with upsertProducts first.`, "sku");
    if (!item.tracked && item.version > 0) throw new Refusal("NOT_UNIT_TRACKED", `${sku} is counted and has no numbered units; make it another product.`, "sku");
    if (!item.tracked) unit.put(stockItemState, { ...item, tracked: true });
    const book = new StockBook(unit);
    for (const [index, { unitId, row, place }] of units.entries()) {
      const field = `units.${String(index)}`;
      const known = book.units.find(sku, unitId);
      if (known && known.state !== "gone") throw new Refusal("DUPLICATE_UNIT", `${unitId} is here already.`, `${field}.unitId`);
      const there = row === null || place === null ? undefined : unit.row(unitPlaceState, placeKey(sku, row, place));
      if (there) throw new Refusal("PLACE_TAKEN", `${there.unitId} has that place.`, `${field}.place`);
      book.units.receive({ sku, unitId, rowLabel: row, place });
    }
    unit.execute(receiptStream, receiptId, { type: "ReceiveStock", receiptId, ...book.close() });
    return { receiptId };
  },
});

function hasPlace(unit: ReceivedUnit): unit is ReceivedUnit & { readonly row: string; readonly place: number } {
  const { row, place } = unit;
  return row !== null && place !== null && rowPattern.test(row) && Number.isInteger(place) && place >= 0 && place <= placeMax;
}

/** @throws Refusal INVALID_PLACE PLACE_TAKEN */
function checkPlaces(units: readonly ReceivedUnit[]): void {
  const seen = new Set<string>();
  for (const [index, unit] of units.entries()) {
    const { unitId, row, place } = unit;
    if (row === null && place === null) continue;
    const field = `units.${String(index)}.place`;
    if (!hasPlace(unit)) throw new Refusal("INVALID_PLACE", `A place is a row of at most 32 characters and a number up to ${String(placeMax)}; or neither.`, field);
    const key = placeKey("", unit.row, unit.place);
    if (seen.has(key)) throw new Refusal("PLACE_TAKEN", `${unitId} would share its place.`, field);
    seen.add(key);
  }
}

/** @throws Refusal NO_UNITS TOO_MANY_UNITS INVALID_UNIT DUPLICATE_UNIT */
function check(units: readonly ReceivedUnit[]): void {
  if (units.length === 0) throw new Refusal("NO_UNITS", "Name at least one unit.", "units");
  if (units.length > receiptUnitsMax) throw new Refusal("TOO_MANY_UNITS", `Send at most ${String(receiptUnitsMax)} units at once.`, "units");
  const seen = new Set<string>();
  for (const [index, { unitId }] of units.entries()) {
    const field = `units.${String(index)}`;
    if (!unitPattern.test(unitId)) throw new Refusal("INVALID_UNIT", "A unit has 1 to 64 letters, digits, blanks or . _ : # -", `${field}.unitId`);
    if (seen.has(unitId)) throw new Refusal("DUPLICATE_UNIT", `${unitId} is named twice.`, `${field}.unitId`);
    seen.add(unitId);
  }
}

/**
 * Whether this key booked these units in long ago, when its answer is no longer kept.
 * @throws Undecided KEY_REUSED where it was others
 */
function receivedBefore(unit: DecisionUnit, units: readonly ReceivedUnit[]): boolean {
  const receipt = unit.state(receiptStream, unit.commandId);
  if (!receipt) return false;
  const same = receipt.units.length === units.length && receipt.units.every(({ unitId }: UnitFact, index) => units[index]?.unitId === unitId);
  if (!same) throw new Undecided("KEY_REUSED", "This idempotency key booked other goods in before. Use a new key for a new receipt.");
  return true;
}
