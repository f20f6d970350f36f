import type { InvoiceLine, InvoiceShipping, TaxTotal } from "../../events/invoices.js";
import type { OrderLine, OrderTotals } from "../../events/orders.js";
import type { ParcelLine } from "../../events/shipping.js";
import { portionOf, shareOf } from "../../kernel/money.js";

/** What is billed of an order's line. */
export type BillableLine = Pick<OrderLine, "sku" | "name" | "quantity" | "unitPriceMinor" | "taxBasisPoints" | "taxMinor">;

/** Lines that were called off, and what was no longer owed for them. */
export interface CalledOff {
  readonly lines: readonly ParcelLine[];
  readonly revertedMinor: number;
}

/** An order whose money was taken. Amounts in minor units. */
export interface CapturedOrder {
  readonly lines: readonly BillableLine[];
  readonly totals: OrderTotals;
  /** In the order in which it happened. */
  readonly calledOff: readonly CalledOff[];
  readonly capturedMinor: number;
}

export interface Bill {
  readonly lines: readonly InvoiceLine[];
  readonly shipping: InvoiceShipping;
  readonly taxTotals: readonly TaxTotal[];
  readonly adjustmentMinor: number;
  readonly totalMinor: number;
  readonly calledOff: readonly ParcelLine[];
}

/**
 * What was charged, so that it adds up to what was captured: `lines + shipping + taxes + adjustment = total`.
 * @param shippingTaxBasisPoints the rate in force; an order keeps the tax on its shipping and not the rate
 */
export function billOf(order: CapturedOrder, shippingTaxBasisPoints: number): Bill {
  const calledOff = calledOffBefore(order);
  const lines = order.lines.map((line) => lineOf(line, line.quantity - unitsOf(line.sku, calledOff))).filter(({ quantity }) => quantity > 0);
  const shipping = shippingOf(order, shippingTaxBasisPoints);
  const taxTotals = taxTotalsOf([...lines, shipping]);
  const totalMinor = order.capturedMinor;
  return { lines, shipping, taxTotals, adjustmentMinor: totalMinor - grossOf(taxTotals), totalMinor, calledOff };
}

/** Net and tax by rate, the highest first. */
export function taxTotalsOf(parts: readonly TaxTotal[]): readonly TaxTotal[] {
  const totals = new Map<number | null, TaxTotal>();
  for (const { taxBasisPoints, netMinor, taxMinor } of parts) {
    const known = totals.get(taxBasisPoints) ?? { taxBasisPoints, netMinor: 0, taxMinor: 0 };
    totals.set(taxBasisPoints, { taxBasisPoints, netMinor: known.netMinor + netMinor, taxMinor: known.taxMinor + taxMinor });
  }
  return [...totals.values()].filter(({ netMinor, taxMinor }) => netMinor !== 0 || taxMinor !== 0)
    .sort((a, b) => (b.taxBasisPoints ?? -1) - (a.taxBasisPoints ?? -1));
}

export function grossOf(parts: readonly TaxTotal[]): number {
  return parts.reduce((sum, { netMinor, taxMinor }) => sum + netMinor + taxMinor, 0);
}

/**
 * The charge may have gone out before the last lines were called off, and be recorded after: then the amount says which
 * were still in it. What it charged too much goes back, with a credit note.
 */
function calledOffBefore({ totals, calledOff, capturedMinor }: CapturedOrder): readonly ParcelLine[] {
  const owed = [totals.totalMinor];
  for (const { revertedMinor } of calledOff) owed.push((owed.at(-1) ?? 0) - revertedMinor);
  const first = owed.indexOf(capturedMinor);
  const count = owed.at(-1) === capturedMinor || first < 0 ? calledOff.length : first;
  return calledOff.slice(0, count).flatMap(({ lines }) => lines);
}

/** Units of a product in a list of lines. */
export function unitsOf(sku: string, lines: readonly ParcelLine[]): number {
  return lines.reduce((sum, line) => sum + (line.sku === sku ? line.quantity : 0), 0);
}

/** The tax of a line is shared among its units as the order shares it, so that what is left and what went make the line. */
function lineOf({ sku, name, quantity: ordered, unitPriceMinor, taxBasisPoints, taxMinor }: BillableLine, quantity: number): InvoiceLine {
  const left = taxMinor - portionOf(taxMinor, ordered - quantity, ordered);
  return { sku, name, quantity, unitPriceMinor, netMinor: unitPriceMinor * quantity, taxBasisPoints, taxMinor: left };
}

function shippingOf({ lines, totals }: CapturedOrder, taxBasisPoints: number): InvoiceShipping {
  const { shippingMinor: netMinor } = totals;
  const taxMinor = totals.taxMinor - lines.reduce((sum, line) => sum + line.taxMinor, 0);
  return { netMinor, taxMinor, taxBasisPoints: shareOf(netMinor, taxBasisPoints) === taxMinor ? taxBasisPoints : null };
}
