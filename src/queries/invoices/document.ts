import type { TaxTotal } from "../../events/invoices.js";
import { toDecimalString } from "../../kernel/money.js";
import { defineId } from "../../platform/graphql/opaque-id.js";
import type { CreditNoteRow, InvoiceCardRow } from "../../projections/invoices/invoice-card.projection.js";
import type { CustomerType } from "../customers/customer.type.js";

const orderIds = defineId("order");

/** Who sells, as the settings say. */
export interface Seller {
  readonly name: string;
  readonly address: string;
  readonly taxId: string | null;
  readonly timeZone: string;
}

/** An invoice or a credit note as it is printed: texts in their order, nothing to compute. */
export interface PrintedDocument {
  readonly title: string;
  readonly issuedAt: string;
  readonly seller: readonly string[];
  readonly buyer: readonly string[];
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** The first column is the widest; the others are figures. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly sums: readonly (readonly [name: string, amount: string])[];
  /** The last sum. */
  readonly total: readonly [name: string, amount: string];
}

/** @param buyer null once the customer was erased */
export function printedInvoice(row: InvoiceCardRow, seller: Seller, buyer: CustomerType | null): PrintedDocument {
  const money = moneyIn(row.currency);
  const { shipping } = row;
  return {
    title: `Invoice ${row.number}`, issuedAt: row.issuedAt, seller: sellerLines(seller), buyer: buyerLines(row, buyer),
    facts: [["Invoice number", row.number], ["Date", dateIn(seller.timeZone, row.issuedAt)], ["Order", orderIds.encode(row.orderId)], ["Customer", row.customerId]],
    columns: ["Item", "Quantity", "Unit price", "Tax rate", "Net"],
    rows: row.lines.map(({ name, sku, quantity, unitPriceMinor, taxBasisPoints, netMinor }) => [`${name} (${sku})`, String(quantity), money(unitPriceMinor), rateOf(taxBasisPoints), money(netMinor)]),
    sums: [
      ...(shipping.netMinor === 0 ? [] : [[`Shipping, tax rate ${rateOf(shipping.taxBasisPoints)}`, money(shipping.netMinor)] as const]),
      ...taxSums(row.taxTotals, money), ...adjustment(row.adjustmentMinor, money),
    ],
    total: ["Total paid", `${money(row.totalMinor)} ${row.currency}`],
  };
}

export function printedCreditNote(row: InvoiceCardRow, note: CreditNoteRow, seller: Seller, buyer: CustomerType | null): PrintedDocument {
  const money = moneyIn(row.currency);
  return {
    title: `Credit note ${note.number}`, issuedAt: note.issuedAt, seller: sellerLines(seller), buyer: buyerLines(row, buyer),
    facts: [
      ["Credit note number", note.number], ["For invoice", `${row.number} of ${dateIn(seller.timeZone, row.issuedAt)}`],
      ["Date", dateIn(seller.timeZone, note.issuedAt)], ["Order", orderIds.encode(row.orderId)], ["Customer", row.customerId], ["Reason", note.reason],
    ],
    columns: ["Item", "Quantity"],
    rows: note.lines.map(({ name, sku, quantity }) => [`${name} (${sku})`, String(quantity)]),
    sums: [...taxSums(note.taxTotals, money), ...adjustment(note.adjustmentMinor, money)],
    total: ["Total given back", `${money(note.amountMinor)} ${row.currency}`],
  };
}

function sellerLines({ name, address, taxId }: Seller): readonly string[] {
  return [name, address, ...(taxId === null ? [] : [`Tax id ${taxId}`])];
}

/** Who it was made out to stands in no event and no row: the document goes on without it. */
function buyerLines({ customerId }: InvoiceCardRow, buyer: CustomerType | null): readonly string[] {
  if (!buyer) return [`Customer ${customerId}`, "Name and address were erased."];
  const { name, address: { street, postalCode, city, country } } = buyer;
  return [name, street, `${postalCode} ${city}`, country];
}

function taxSums(totals: readonly TaxTotal[], money: (amountMinor: number) => string): readonly (readonly [string, string])[] {
  return totals.flatMap(({ taxBasisPoints, netMinor, taxMinor }) => [
    [`Net at ${rateOf(taxBasisPoints)}`, money(netMinor)] as const, [`Tax ${rateOf(taxBasisPoints)}`, money(taxMinor)] as const,
  ]);
}

function adjustment(amountMinor: number, money: (amountMinor: number) => string): readonly (readonly [string, string])[] {
  return amountMinor === 0 ? [] : [["Adjustment", money(amountMinor)]];
}

function rateOf(taxBasisPoints: number | null): string {
  return taxBasisPoints === null ? "as charged" : `${String(taxBasisPoints / 100)} %`;
}

function moneyIn(currency: string): (amountMinor: number) => string {
  return (amountMinor) => toDecimalString({ amountMinor, currency });
}

/** `2026-01-31`, as the calendar on the shop's wall says. */
function dateIn(timeZone: string, time: string): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short" }).format(new Date(time));
}
