import type { DecisionUnit, RowsRef } from "../../kernel/command.js";
import { customerKeyState } from "./personal.write-state.js";

/** The customer that a command asks about. */
export function customerOf(customerId: string): RowsRef {
  return { state: customerKeyState, keys: [customerId] };
}

export function customerIsKnown(unit: Pick<DecisionUnit, "row">, customerId: string): boolean {
  return unit.row(customerKeyState, customerId) !== undefined;
}
