import { productBy, productsOf } from "../catalog/catalog.steps.js";
import { defineCommand, type DecisionUnit } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import { Undecided } from "../../kernel/undecided.js";
import { stockOf, takeIn, type StockLine } from "./inventory.steps.js";
import { receiptStream } from "./receipt.decider.js";
import { stockItemState } from "./stock-item.write-state.js";

export const receiptLinesMax = 500;
export const receiptQuantityMax = 10_000_000;

export interface ReceiveStockInput {
  readonly lines: readonly StockLine[];
}

/** Books goods in; all lines or none. */
export const receiveStock = defineCommand<ReceiveStockInput, { readonly receiptId: string }>({
  name: "receiveStock",
  needs: ({ lines }, commandId) => ({
    newStreams: [{ type: receiptStream, id: commandId }],
    rows: lines.length > receiptLinesMax ? [] : [productsOf(lines.map(({ sku }) => sku)), stockOf(lines)],
  }),
  decide({ lines }, unit) {
    if (receivedBefore(unit, lines)) return { receiptId: unit.commandId };
    if (lines.length === 0) throw new Refusal("NO_LINES", "Name at least one product.", "lines");
    if (lines.length > receiptLinesMax) throw new Refusal("TOO_MANY_LINES", `Send at most ${String(receiptLinesMax)} lines at once.`, "lines");
    if (new Set(lines.map(({ sku }) => sku)).size < lines.length) throw new Refusal("DUPLICATE_SKU", "Name each SKU once.", "lines");
    for (const [index, { sku, quantity }] of lines.entries()) {
      if (!productBy(unit, sku)) throw new Refusal("UNKNOWN_PRODUCT", `There is no product ${sku}; create it with upsertProducts first.`, `lines.${String(index)}.sku`);
      if (unit.row(stockItemState, sku)?.tracked) throw new Refusal("UNITS_REQUIRED", `The units of ${sku} are numbered; book them in with receiveUnits.`, `lines.${String(index)}.sku`);
      if (!Number.isInteger(quantity) || quantity < 1 || quantity > receiptQuantityMax) {
        throw new Refusal("INVALID_QUANTITY", `A quantity is 1 to ${String(receiptQuantityMax)}.`, `lines.${String(index)}.quantity`);
      }
    }
    unit.execute(receiptStream, unit.commandId, { type: "ReceiveStock", receiptId: unit.commandId, stock: takeIn(unit, lines).stock });
    return { receiptId: unit.commandId };
  },
});

/**
 * Whether this key booked these goods in long ago, when its answer is no longer kept: they are not counted twice.
 * @throws Undecided KEY_REUSED where other goods were booked in
 */
function receivedBefore(unit: DecisionUnit, lines: readonly StockLine[]): boolean {
  const receipt = unit.state(receiptStream, unit.commandId);
  if (!receipt) return false;
  const same = receipt.stock.length === lines.length
    && receipt.stock.every(({ sku, onHandDelta }, index) => lines[index]?.sku === sku && lines[index].quantity === onHandDelta);
  if (!same) throw new Undecided("KEY_REUSED", "This idempotency key booked other goods in before. Use a new key for a new receipt.");
  return true;
}
