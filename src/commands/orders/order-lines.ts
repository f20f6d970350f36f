import type { OrderLine } from "../../events/orders.js";
import type { DecisionUnit } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import { productBy } from "../catalog/catalog.steps.js";
import type { SaleRow, TakenLine, WantedLine } from "../inventory/inventory.steps.js";
import { priceLine } from "./pricing.js";

/** Distinct products in one order. */
export const orderLinesMax = 500;
export const orderQuantityMax = 1_000_000;

/** @throws Refusal NO_LINES TOO_MANY_LINES DUPLICATE_SKU INVALID_QUANTITY */
export function checkShape(lines: readonly WantedLine[]): void {
  if (lines.length === 0) throw new Refusal("NO_LINES", "An order has at least one line.", "lines");
  if (lines.length > orderLinesMax) {
    throw new Refusal("TOO_MANY_LINES", `An order has at most ${String(orderLinesMax)} lines; this one has ${String(lines.length)}.`, "lines");
  }
  const seen = new Set<string>();
  for (const [index, { sku, quantity }] of lines.entries()) {
    if (seen.has(sku)) throw new Refusal("DUPLICATE_SKU", `Name ${sku} once and add up its quantity.`, `lines.${String(index)}.sku`);
    seen.add(sku);
    if (!Number.isInteger(quantity) || quantity < 1 || quantity > orderQuantityMax) {
      throw new Refusal("INVALID_QUANTITY", `A quantity is 1 to ${String(orderQuantityMax)}.`, `lines.${String(index)}.quantity`);
    }
  }
}

/** A line at the price of its product, or of its sale. @throws Refusal UNKNOWN_PRODUCT CURRENCY_MISMATCH */
export function priceWanted(unit: DecisionUnit, { sku, quantity, unitIds }: TakenLine, sale: SaleRow | null, currency: string, field: string): OrderLine {
  const product = productBy(unit, sku);
  if (!product) throw new Refusal("UNKNOWN_PRODUCT", `There is no product ${sku}.`, `${field}.sku`);
  const priced = sale ? { priceMinor: sale.priceMinor, currency: sale.currency } : product;
  if (priced.currency !== currency) {
    throw new Refusal("CURRENCY_MISMATCH", `${sku} is priced in ${priced.currency}, the shop sells in ${currency}.`, `${field}.sku`);
  }
  const line = priceLine({ ...product, priceMinor: priced.priceMinor, quantity });
  return { ...line, ...(sale ? { saleId: sale.id } : {}), ...(unitIds ? { unitIds } : {}) };
}
