import type { DecisionUnit, RowsRef } from "../../kernel/command.js";
import { productState, type ProductRow } from "./product.write-state.js";

export type { ProductRow };

/** The products that a command wants to know about. */
export function productsOf(skus: readonly string[]): RowsRef {
  return { state: productState, keys: skus };
}

export function productBy(unit: Pick<DecisionUnit, "row">, sku: string): ProductRow | undefined {
  return unit.row(productState, sku);
}
