import type { StockEvent, StockFact } from "../../events/inventory.js";
import { defineStream, type Decider } from "../../kernel/decider.js";

interface ReceiveStock { readonly type: "ReceiveStock"; readonly receiptId: string; readonly stock: readonly StockFact[] }

/** Goods come in once: a receipt is a fact and has no life after it. */
export const receiptDecider: Decider<"absent" | "received", ReceiveStock, StockEvent> = {
  initial: "absent",
  decide({ receiptId, stock }, receipt) {
    return receipt === "received" ? [] : [{ type: "StockReceived", receiptId, stock }];
  },
  evolve: () => "received",
};

export const receiptStream = defineStream("receipt", receiptDecider);
