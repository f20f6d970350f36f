import type { CreditNoteIssued, InvoiceEvent, InvoiceIssued } from "../../events/invoices.js";
import type { ParcelLine } from "../../events/shipping.js";
import { defineStream, type Decider } from "../../kernel/decider.js";
import { creditOf, openAfter, type Open } from "./credit.js";

/** An order's invoice; null where none was issued. */
export type Invoice = {
  readonly number: string;
  readonly customerId: string;
  readonly currency: string;
  readonly open: Open;
  /** Credit notes by the refunds that they are for. */
  readonly creditNotes: ReadonlyMap<string, string>;
} | null;

export type InvoiceCommand =
  | Omit<InvoiceIssued, "type"> & { readonly type: "IssueInvoice" }
  | Pick<CreditNoteIssued, "orderId" | "paymentId" | "refundId" | "amountMinor" | "cause" | "reason" | "number" | "year" | "sequence" | "issuedAt">
    & { readonly type: "IssueCreditNote"; readonly returned: readonly ParcelLine[] };

/** An order has one invoice, which never changes; what goes back is told by credit notes, one a refund. */
export const invoiceDecider: Decider<Invoice, InvoiceCommand, InvoiceEvent> = {
  initial: null,
  decide(command, invoice) {
    switch (command.type) {
      case "IssueInvoice":
        return invoice ? [] : [{ ...command, type: "InvoiceIssued" }];
      case "IssueCreditNote": {
        const { type: _type, returned, ...note } = command;
        if (!invoice || invoice.creditNotes.has(note.refundId)) return [];
        const { lines, ...parts } = creditOf(invoice.open, note.amountMinor, returned);
        const named = lines.map((line) => ({ ...line, name: invoice.open.lines.find(({ sku }) => sku === line.sku)?.name ?? line.sku }));
        const { number: invoiceNumber, customerId, currency } = invoice;
        return [{ type: "CreditNoteIssued", ...note, customerId, invoiceNumber, currency, lines: named, ...parts }];
      }
    }
  },
  evolve(invoice, event) {
    switch (event.type) {
      case "InvoiceIssued": {
        const { number, customerId, currency, taxTotals, adjustmentMinor } = event;
        const lines = event.lines.map((line) => ({ ...line, back: 0 }));
        return { number, customerId, currency, open: { lines, taxTotals, adjustmentMinor }, creditNotes: new Map() };
      }
      case "CreditNoteIssued":
        if (!invoice) throw new Error("a credit note stands before its invoice");
        return { ...invoice, open: openAfter(invoice.open, event), creditNotes: new Map(invoice.creditNotes).set(event.refundId, event.number) };
    }
  },
};

/** One stream an order. */
export const invoiceStream = defineStream("invoice", invoiceDecider);
