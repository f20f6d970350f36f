import type { OrderLine } from "../../events/orders.js";
import type { ParcelLine } from "../../events/shipping.js";
import { plus, type LivingOrder } from "./order-state.js";

/** What is no longer owed, and whether that is all. */
export interface Reverted {
  readonly revertedMinor: number;
  /** Every unit that was ordered is given back for. */
  readonly complete: boolean;
}

/**
 * What units that come back take from the fixed total. A line's price and tax are shared among its units so that any
 * parts of it, in whatever steps, add up to exactly the line; shipping goes back with the last unit.
 */
export function revertedBy(order: Pick<LivingOrder, "lines" | "totals" | "back" | "revertedMinor">, units: readonly ParcelLine[]): Reverted {
  const back = plus(order.back, units);
  const complete = order.lines.every(({ sku, quantity }) => (back.get(sku) ?? 0) === quantity);
  if (complete) return { complete, revertedMinor: order.totals.totalMinor - order.revertedMinor };
  const revertedMinor = order.lines.reduce((sum, line) => sum + shareOfUnits(line, back.get(line.sku) ?? 0) - shareOfUnits(line, order.back.get(line.sku) ?? 0), 0);
  return { complete, revertedMinor };
}

/** The price and tax of so many units of a line, rounded half up: all of them are exactly the line. In whole numbers, as `shareOf`. */
function shareOfUnits({ netMinor, taxMinor, quantity }: OrderLine, units: number): number {
  const all = BigInt(quantity);
  return Number((2n * BigInt(netMinor + taxMinor) * BigInt(units) + all) / (2n * all));
}
