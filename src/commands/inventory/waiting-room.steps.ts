import type { DecisionUnit } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import type { SaleRow } from "./sale.write-state.js";

/**
 * Uses the pass of a buyer whom the waiting room has let in.
 * @throws Refusal PASS_REQUIRED
 */
export function usePass(_unit: DecisionUnit, _sale: SaleRow, _buyer: string, field: string): void {
  throw new Refusal("PASS_REQUIRED", "This sale has a waiting room: take a ticket with joinSaleQueue first.", field);
}
