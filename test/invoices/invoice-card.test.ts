import { describe, expect, it } from "@jest/globals";
import type { CreditNoteIssued, InvoiceEvent, InvoiceIssued } from "../../src/events/invoices.js";
import { invoiceCard } from "../../src/projections/invoices/invoice-card.projection.js";
import { foldBothWays, recorded } from "../projections/in-memory.js";

const of = { orderId: "o1", customerId: "ann", paymentId: "p1", year: 2026, issuedAt: "2026-01-31T09:00:00.000Z", currency: "EUR", adjustmentMinor: 0 };
const taxTotals = [{ taxBasisPoints: 1_900, netMinor: 1_000, taxMinor: 190 }];
const issued: InvoiceIssued = {
  type: "InvoiceIssued", ...of, number: "INV-2026-000001", sequence: 1, taxTotals, totalMinor: 1_190, calledOff: [],
  lines: [{ sku: "LAMP", name: "Lamp", quantity: 1, unitPriceMinor: 1_000, netMinor: 1_000, taxBasisPoints: 1_900, taxMinor: 190 }],
  shipping: { netMinor: 0, taxBasisPoints: 0, taxMinor: 0 }, orderTotals: { currency: "EUR", linesMinor: 1_000, shippingMinor: 0, taxMinor: 190, totalMinor: 1_190 },
};
const note = (sequence: number, amountMinor: number): CreditNoteIssued => ({
  type: "CreditNoteIssued", ...of, number: `CN-2026-${sequence}`, sequence, refundId: `r${sequence}`, invoiceNumber: issued.number, amountMinor,
  cause: "GOODWILL", reason: "late", lines: [], taxTotals: [], adjustmentMinor: amountMinor,
});
const cardAfter = (...events: InvoiceEvent[]) => foldBothWays(invoiceCard, recorded("invoice", ({ orderId }: InvoiceEvent) => orderId, events))["o1"];

describe("the invoice card", () => {
  it("is the invoice, with its credit notes in their order and what they come to", () => {
    expect(cardAfter(issued)).toMatchObject({ number: "INV-2026-000001", totalMinor: 1_190, creditedMinor: 0, creditNotes: [], version: 1 });
    expect(cardAfter(issued, note(1, 100), note(2, 50))).toMatchObject({
      creditedMinor: 150, creditNotes: [{ number: "CN-2026-1", amountMinor: 100 }, { number: "CN-2026-2", amountMinor: 50 }], version: 3,
    });
  });

  it("has no credit note without its invoice", () => {
    expect(() => cardAfter(note(1, 100))).toThrow("a credit note of o1 stands before its invoice");
  });
});
