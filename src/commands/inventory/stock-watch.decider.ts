import type { StockWatchEvent } from "../../events/inventory.js";
import { defineStream, type Decider } from "../../kernel/decider.js";

type StockWatchCommand =
  | { readonly type: "TellLow"; readonly sku: string; readonly available: number; readonly lowAt: number; readonly stockVersion: number }
  | { readonly type: "TellOut"; readonly sku: string; readonly stockVersion: number }
  | { readonly type: "Watch"; readonly sku: string; readonly lowAt: number | null };

/** A telling is a fact of its own: one stream each, since a product's own would be hot and endless. */
export const stockWatchDecider: Decider<"silent" | "told", StockWatchCommand, StockWatchEvent> = {
  initial: "silent",
  decide(command, state) {
    if (state === "told") return [];
    switch (command.type) {
      case "TellLow": return [{ ...command, type: "StockRanLow" }];
      case "TellOut": return [{ ...command, type: "StockRanOut" }];
      case "Watch": return [{ ...command, type: "StockWatched" }];
    }
  },
  evolve: () => "told",
};

export const stockWatchStream = defineStream("stock-watch", stockWatchDecider);
