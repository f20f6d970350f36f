import type { OrderTotals } from "./orders.js";
import type { RefundCause } from "./payments.js";
import type { ParcelLine } from "./shipping.js";

/** The two kinds of numbers, each counted by itself from 1 in every year. */
export type InvoiceSeries = "INV" | "CN";

/** A document's number: `<series>-<year>-<sequence>`, e.g. `INV-2026-000123`. */
interface Numbered {
  readonly number: string;
  /** Of the shop's time zone at `issuedAt`. */
  readonly year: number;
  /** 1, 2, 3 … without a gap within series and year. */
  readonly sequence: number;
  /** RFC 3339 UTC. */
  readonly issuedAt: string;
}

/** A line as it was charged: the order's, less what had been called off before. Amounts in minor units. */
export interface InvoiceLine {
  readonly sku: string;
  readonly name: string;
  readonly quantity: number;
  readonly unitPriceMinor: number;
  readonly netMinor: number;
  readonly taxBasisPoints: number;
  /** Rounded once a line, half away from zero, as the order's total was. */
  readonly taxMinor: number;
}

/** What was charged for sending. */
export interface InvoiceShipping {
  readonly netMinor: number;
  /** Null where the rate in force no longer gives the tax that the order was charged. */
  readonly taxBasisPoints: number | null;
  readonly taxMinor: number;
}

/** Net and tax of all that is taxed alike. */
export interface TaxTotal {
  readonly taxBasisPoints: number | null;
  readonly netMinor: number;
  readonly taxMinor: number;
}

/** Money was taken for an order that stands. The sum is what was captured, to the minor unit. */
export interface InvoiceIssued extends Numbered {
  readonly type: "InvoiceIssued";
  readonly orderId: string;
  readonly customerId: string;
  readonly paymentId: string;
  readonly currency: string;
  readonly lines: readonly InvoiceLine[];
  readonly shipping: InvoiceShipping;
  readonly taxTotals: readonly TaxTotal[];
  /** What was captured beside lines, shipping and tax; 0 unless somebody paid another amount than was owed. */
  readonly adjustmentMinor: number;
  readonly totalMinor: number;
  /** The order's total as it was placed. */
  readonly orderTotals: OrderTotals;
  /** What had been called off before the money was taken; not in `lines`. */
  readonly calledOff: readonly ParcelLine[];
}

/** What a credit note gives back of a line. */
export type CreditedLine = Pick<InvoiceLine, "sku" | "name" | "quantity">;

/** Money of an invoice was given back. Net, tax and adjustment add up to the amount. */
export interface CreditNoteIssued extends Numbered {
  readonly type: "CreditNoteIssued";
  readonly orderId: string;
  readonly customerId: string;
  readonly paymentId: string;
  readonly refundId: string;
  readonly invoiceNumber: string;
  readonly currency: string;
  readonly amountMinor: number;
  readonly cause: RefundCause;
  readonly reason: string;
  /** Empty where it is not known for what the money went back. */
  readonly lines: readonly CreditedLine[];
  readonly taxTotals: readonly TaxTotal[];
  readonly adjustmentMinor: number;
}

export type InvoiceEvent = InvoiceIssued | CreditNoteIssued;
