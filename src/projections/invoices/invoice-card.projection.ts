import type { CreditNoteIssued, InvoiceEvent, InvoiceLine, InvoiceShipping, TaxTotal } from "../../events/invoices.js";
import { defineProjection } from "../../kernel/projection.js";

/** A credit note as its invoice shows it. Amounts in minor units. */
export type CreditNoteRow = Pick<
  CreditNoteIssued, "number" | "issuedAt" | "amountMinor" | "cause" | "reason" | "lines" | "taxTotals" | "adjustmentMinor"
>;

/** An order's invoice with its credit notes. Who it is made out to stands with the customer, where it can be erased. */
export interface InvoiceCardRow {
  readonly orderId: string;
  readonly customerId: string;
  readonly number: string;
  readonly year: number;
  readonly sequence: number;
  readonly issuedAt: string;
  readonly currency: string;
  readonly totalMinor: number;
  readonly adjustmentMinor: number;
  readonly creditedMinor: number;
  readonly lines: readonly InvoiceLine[];
  readonly shipping: InvoiceShipping;
  readonly taxTotals: readonly TaxTotal[];
  /** In the order in which they were issued. */
  readonly creditNotes: readonly CreditNoteRow[];
  readonly version: number;
}

/** One row an invoice. */
export const invoiceCard = defineProjection<InvoiceEvent, InvoiceCardRow>({
  name: "invoice_card",
  version: 1,
  categories: ["invoice"],
  key: "orderId",
  touches: ({ orderId }) => [orderId],
  on: {
    InvoiceIssued: ({ orderId, customerId, number, year, sequence, issuedAt, currency, totalMinor, adjustmentMinor, lines, shipping, taxTotals }, rows, { version }) => rows.put({
      orderId, customerId, number, year, sequence, issuedAt, currency, totalMinor, adjustmentMinor, creditedMinor: 0, lines, shipping, taxTotals, creditNotes: [], version,
    }),
    CreditNoteIssued({ orderId, number, issuedAt, amountMinor, cause, reason, lines, taxTotals, adjustmentMinor }, rows, { version }) {
      const note: CreditNoteRow = { number, issuedAt, amountMinor, cause, reason, lines, taxTotals, adjustmentMinor };
      const known = rows.change(orderId, (row) => ({
        ...row, creditedMinor: row.creditedMinor + amountMinor, creditNotes: [...row.creditNotes, note], version,
      }));
      if (!known) throw new Error(`a credit note of ${orderId} stands before its invoice`);
    },
  },
});
