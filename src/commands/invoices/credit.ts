import type { InvoiceLine, TaxTotal } from "../../events/invoices.js";
import type { ParcelLine } from "../../events/shipping.js";
import { portionOf } from "../../kernel/money.js";
import { grossOf, taxTotalsOf, unitsOf } from "./bill.js";

/** A line of an invoice and how many of its units were credited. */
export interface OpenLine extends Pick<InvoiceLine, "sku" | "name" | "quantity" | "unitPriceMinor" | "taxBasisPoints" | "taxMinor"> {
  readonly back: number;
}

/** What of an invoice was not credited yet. Amounts in minor units. */
export interface Open {
  readonly lines: readonly OpenLine[];
  readonly taxTotals: readonly TaxTotal[];
  readonly adjustmentMinor: number;
}

/** What a credit note consists of: net, tax and adjustment add up to its amount. */
export interface Credit {
  readonly lines: readonly ParcelLine[];
  readonly taxTotals: readonly TaxTotal[];
  readonly adjustmentMinor: number;
}

/**
 * Splits what goes back: the last note takes all that is left, so that net and tax of every rate come to nothing with it;
 * one for known lines takes their net and tax; any other takes of each rate in proportion.
 * @param returned what it is for; empty where that is not known
 */
export function creditOf(open: Open, amountMinor: number, returned: readonly ParcelLine[]): Credit {
  if (amountMinor === leftOf(open)) {
    const lines = open.lines.map(({ sku, quantity, back }) => ({ sku, quantity: quantity - back })).filter(({ quantity }) => quantity > 0);
    return { lines, taxTotals: open.taxTotals, adjustmentMinor: open.adjustmentMinor };
  }
  return forLines(open, amountMinor, returned) ?? inProportion(open, amountMinor);
}

/** What is left of an invoice after a credit. */
export function openAfter(open: Open, { lines, taxTotals, adjustmentMinor }: Credit): Open {
  const given = taxTotals.map(({ taxBasisPoints, netMinor, taxMinor }) => ({ taxBasisPoints, netMinor: -netMinor, taxMinor: -taxMinor }));
  return {
    lines: open.lines.map((line) => ({ ...line, back: line.back + unitsOf(line.sku, lines) })),
    taxTotals: taxTotalsOf([...open.taxTotals, ...given]),
    adjustmentMinor: open.adjustmentMinor - adjustmentMinor,
  };
}

export function leftOf({ taxTotals, adjustmentMinor }: Open): number {
  return grossOf(taxTotals) + adjustmentMinor;
}

/** Null where the lines are not known, or the amount is not theirs. Notes may come in another order than what they are for: a minor unit a line is rounding. */
function forLines(open: Open, amountMinor: number, returned: readonly ParcelLine[]): Credit | null {
  const parts: TaxTotal[] = [];
  for (const { sku, quantity } of returned) {
    const line = open.lines.find((each) => each.sku === sku);
    if (!line || line.back + quantity > line.quantity) return null;
    const taxOf = (units: number): number => portionOf(line.taxMinor, units, line.quantity);
    const { unitPriceMinor, taxBasisPoints, back } = line;
    parts.push({ taxBasisPoints, netMinor: unitPriceMinor * quantity, taxMinor: taxOf(back + quantity) - taxOf(back) });
  }
  const taxTotals = taxTotalsOf(parts);
  const adjustmentMinor = amountMinor - grossOf(taxTotals);
  const credit = { lines: returned, taxTotals, adjustmentMinor };
  if (parts.length === 0 || Math.abs(adjustmentMinor) > returned.length) return null;
  return openAfter(open, credit).taxTotals.some(({ netMinor, taxMinor }) => netMinor < 0 || taxMinor < 0) ? null : credit;
}

function inProportion(open: Open, amountMinor: number): Credit {
  const whole = grossOf(open.taxTotals);
  // More than there is: money that the invoice never spoke of.
  if (amountMinor > whole) return { lines: [], taxTotals: [], adjustmentMinor: amountMinor };
  let [seen, given] = [0, 0];
  const parts = open.taxTotals.map(({ taxBasisPoints, netMinor, taxMinor }): TaxTotal => {
    const gross = netMinor + taxMinor;
    seen += gross;
    // What is given up to here, less what was: so the parts add up, whatever is rounded.
    const part = portionOf(amountMinor, seen, whole) - given;
    given += part;
    const tax = gross === 0 ? 0 : portionOf(part, taxMinor, gross);
    return { taxBasisPoints, netMinor: part - tax, taxMinor: tax };
  });
  return { lines: [], taxTotals: taxTotalsOf(parts), adjustmentMinor: 0 };
}
