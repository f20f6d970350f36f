import type { StockEvent, StockFact, UnitFact } from "../../events/inventory.js";
import { defineStream, type Decider } from "../../kernel/decider.js";

interface ReceiveStock { readonly type: "ReceiveStock"; readonly receiptId: string; readonly stock: readonly StockFact[]; readonly units?: readonly UnitFact[] }

/** What came in; null where nothing has. */
type Receipt = { readonly stock: readonly StockFact[]; readonly units: readonly UnitFact[] } | null;

/** Goods come in once: a receipt is a fact and has no life after it. */
export const receiptDecider: Decider<Receipt, ReceiveStock, StockEvent> = {
  initial: null,
  decide({ receiptId, stock, units }, receipt) {
    return receipt ? [] : [{ type: "StockReceived", receiptId, stock, ...(units ? { units } : {}) }];
  },
  evolve: (_receipt, { stock, units = [] }) => ({ stock, units }),
};

export const receiptStream = defineStream("receipt", receiptDecider);
