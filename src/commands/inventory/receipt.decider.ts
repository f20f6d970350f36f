import type { StockEvent, StockFact } from "../../events/inventory.js";
import { defineStream, type Decider } from "../../kernel/decider.js";

interface ReceiveStock { readonly type: "ReceiveStock"; readonly receiptId: string; readonly stock: readonly StockFact[] }

/** What came in; null where nothing has. */
type Receipt = readonly StockFact[] | null;

/** Goods come in once: a receipt is a fact and has no life after it. */
export const receiptDecider: Decider<Receipt, ReceiveStock, StockEvent> = {
  initial: null,
  decide({ receiptId, stock }, receipt) {
    return receipt ? [] : [{ type: "StockReceived", receiptId, stock }];
  },
  evolve: (_receipt, { stock }) => stock,
};

export const receiptStream = defineStream("receipt", receiptDecider);
