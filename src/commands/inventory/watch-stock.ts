import { defineCommand } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import { stockItemState } from "./stock-item.write-state.js";
import { stockWatchStream } from "./stock-watch.decider.js";

export interface WatchStockInput {
  readonly sku: string;
  /** From how many free units on it counts as running low; null tells nobody. */
  readonly lowAt: number | null;
}

/** Sets a product's threshold. It is told with the next change of the stock. Refuses with `UNKNOWN_PRODUCT INVALID_THRESHOLD`. */
export const watchStock = defineCommand<WatchStockInput, { readonly sku: string }>({
  name: "watchStock",
  needs: ({ sku }, commandId) => ({ newStreams: [{ type: stockWatchStream, id: commandId }], rows: [{ state: stockItemState, keys: [sku] }] }),
  decide({ sku, lowAt }, unit) {
    const item = unit.row(stockItemState, sku);
    if (!item) throw new Refusal("UNKNOWN_PRODUCT", `There is no product ${sku}.`, "sku");
    if (lowAt !== null && (!Number.isSafeInteger(lowAt) || lowAt < 1)) throw new Refusal("INVALID_THRESHOLD", "A threshold is one unit or more; null tells nobody.", "lowAt");
    unit.put(stockItemState, { ...item, lowAt });
    unit.execute(stockWatchStream, unit.commandId, { type: "Watch", sku, lowAt });
    return { sku };
  },
});
