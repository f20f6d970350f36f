import { defineEntity, p } from "@mikro-orm/postgresql";
import type { InvoiceLine, InvoiceShipping, TaxTotal } from "../../events/invoices.js";
import { readTable } from "../../platform/projector/read-table.js";
import { invoiceCard, type CreditNoteRow } from "./invoice-card.projection.js";

const entity = defineEntity({
  name: "InvoiceCard",
  properties: {
    orderId: p.text().primary(),
    customerId: p.text(),
    number: p.text(),
    year: p.integer(),
    sequence: p.integer(),
    issuedAt: p.string().columnType("timestamptz"),
    currency: p.text(),
    totalMinor: p.bigint("number"),
    adjustmentMinor: p.bigint("number"),
    creditedMinor: p.bigint("number"),
    lines: p.json().$type<readonly InvoiceLine[]>(),
    shipping: p.json().$type<InvoiceShipping>(),
    taxTotals: p.json().$type<readonly TaxTotal[]>(),
    creditNotes: p.json().$type<readonly CreditNoteRow[]>(),
    version: p.integer(),
  },
  // One for each way in which `invoices` is asked for; both end in the order of the pages.
  indexes: [{ properties: ["year", "sequence"] }, { properties: ["customerId", "year", "sequence"] }],
});

export const invoiceCardTable = readTable(invoiceCard, entity);
