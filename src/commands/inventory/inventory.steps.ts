import type { StockFact } from "../../events/inventory.js";
import type { DecisionUnit, RowsRef } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import { stockItemState, type StockItem } from "./stock-item.write-state.js";

/** Units of one SKU. */
export interface StockLine {
  readonly sku: string;
  readonly quantity: number;
}

type Stock = Pick<DecisionUnit, "row" | "put">;

/** The stock rows that a command takes from or gives to. */
export function stockOf(lines: readonly StockLine[]): RowsRef {
  return { state: stockItemState, keys: lines.map(({ sku }) => sku) };
}

/**
 * Sets units aside for an order; all lines or none.
 * @throws Refusal OUT_OF_STOCK naming the first line that cannot be had
 */
export function reserve(stock: Stock, lines: readonly StockLine[]): readonly StockFact[] {
  return lines.map(({ sku, quantity }, index) => {
    const item = itemOf(stock, sku);
    const free = item.onHand - item.reserved;
    if (free < quantity) {
      throw new Refusal("OUT_OF_STOCK", free === 0 ? `${sku} is sold out.` : `Only ${String(free)} of ${sku} are left.`, `lines.${String(index)}.quantity`);
    }
    return change(stock, item, 0, quantity);
  });
}

/** Gives units back that were set aside. */
export function release(stock: Stock, lines: readonly StockLine[]): readonly StockFact[] {
  return lines.map(({ sku, quantity }) => change(stock, itemOf(stock, sku), 0, -quantity));
}

/** Units that were set aside leave the house. */
export function shipOut(stock: Stock, lines: readonly StockLine[]): readonly StockFact[] {
  return lines.map(({ sku, quantity }) => change(stock, itemOf(stock, sku), -quantity, -quantity));
}

/** Units come in. */
export function takeIn(stock: Stock, lines: readonly StockLine[]): readonly StockFact[] {
  return lines.map(({ sku, quantity }) => change(stock, itemOf(stock, sku), quantity, 0));
}

/**
 * Gives a new product its row of zeros, under the lock of the product's stream: a row that is there can be locked,
 * so that no two processes ever begin to count from nothing.
 */
export function openStock(stock: Stock, sku: string): void {
  if (!stock.row(stockItemState, sku)) stock.put(stockItemState, { sku, onHand: 0, reserved: 0, version: 0 });
}

function itemOf(stock: Stock, sku: string): StockItem {
  const item = stock.row(stockItemState, sku);
  if (!item) throw new Error(`there is no stock row of ${sku}: every product is given one with its first upsert`);
  return item;
}

function change(stock: Stock, item: StockItem, onHandDelta: number, reservedDelta: number): StockFact {
  const changed: StockItem = {
    sku: item.sku, onHand: item.onHand + onHandDelta, reserved: item.reserved + reservedDelta, version: item.version + 1,
  };
  if (changed.reserved < 0 || changed.onHand < changed.reserved) {
    throw new Error(`stock of ${item.sku} would become impossible: ${JSON.stringify(changed)}`);
  }
  stock.put(stockItemState, changed);
  return { ...changed, onHandDelta, reservedDelta };
}
