import type { SizeMm } from "../../events/catalog.js";
import type { OrderLine, OrderTotals } from "../../events/orders.js";
import { shareOf } from "../../kernel/money.js";

/** What the shop charges for sending an order. Amounts in minor units. */
export interface ShippingTariff {
  readonly currency: string;
  readonly baseMinor: number;
  readonly perKilogramMinor: number;
  readonly taxBasisPoints: number;
}

/** A product in the quantity that somebody wants of it. */
export interface PricedProduct {
  readonly sku: string;
  readonly name: string;
  readonly quantity: number;
  readonly priceMinor: number;
  readonly weightGrams: number;
  readonly taxBasisPoints: number;
  readonly sizeMm?: SizeMm | null;
}

/** Net is exact; tax is rounded once a line, half away from zero. */
export function priceLine({ sku, name, quantity, priceMinor, weightGrams, taxBasisPoints, sizeMm }: PricedProduct): OrderLine {
  const netMinor = priceMinor * quantity;
  return {
    sku, name, quantity, unitPriceMinor: priceMinor, unitWeightGrams: weightGrams, ...(sizeMm && { unitSizeMm: sizeMm }), taxBasisPoints,
    netMinor, taxMinor: shareOf(netMinor, taxBasisPoints),
  };
}

/**
 * `total = lines + shipping + tax`. Shipping is a base and a price for each kilogram begun; its own tax is rounded
 * like a line's. The tax total is the sum of rounded taxes, so that the lines of an invoice add up.
 */
export function totalsOf(lines: readonly OrderLine[], tariff: ShippingTariff): OrderTotals {
  const grams = lines.reduce((sum, line) => sum + line.unitWeightGrams * line.quantity, 0);
  const linesMinor = lines.reduce((sum, line) => sum + line.netMinor, 0);
  const shippingMinor = tariff.baseMinor + Math.ceil(grams / 1_000) * tariff.perKilogramMinor;
  const taxMinor = lines.reduce((sum, line) => sum + line.taxMinor, 0) + shareOf(shippingMinor, tariff.taxBasisPoints);
  return { currency: tariff.currency, linesMinor, shippingMinor, taxMinor, totalMinor: linesMinor + shippingMinor + taxMinor };
}
