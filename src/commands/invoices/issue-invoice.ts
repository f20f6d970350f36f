import type { InvoiceIssued } from "../../events/invoices.js";
import { defineCommand } from "../../kernel/command.js";
import { billOf, type CapturedOrder } from "./bill.js";
import { invoiceStream } from "./invoice.decider.js";
import { numberNeeds, takeNumber } from "./numbering.js";

/** What the shop's settings say of its invoices. */
export interface InvoiceTerms {
  /** The year of a time (RFC 3339) in the shop's time zone. */
  readonly yearAt: (time: string) => number;
  readonly shippingTaxBasisPoints: number;
}

export interface IssueInvoiceInput extends CapturedOrder, Pick<InvoiceIssued, "orderId" | "customerId" | "paymentId" | "currency"> {}

export type IssueAnswer = { readonly number: string };

/** Kept apart from other work: all who issue wait for each other's numbers. */
export const invoiceLane = "invoices";

/** Issues an order's invoice; one that is there already is answered with. */
export function issueInvoiceWith({ yearAt, shippingTaxBasisPoints }: InvoiceTerms) {
  return defineCommand<IssueInvoiceInput, IssueAnswer>({
    name: "issueInvoice",
    lane: invoiceLane,
    correlationId: ({ orderId }) => orderId,
    needs({ orderId }) {
      const { streams, rows } = numberNeeds("INV");
      return { streams: [{ type: invoiceStream, id: orderId }, ...streams], rows };
    },
    decide({ orderId, customerId, paymentId, currency, ...order }, unit) {
      const issued = unit.state(invoiceStream, orderId);
      if (issued) return { number: issued.number };
      const taken = takeNumber(unit, "INV", yearAt(unit.now));
      unit.execute(invoiceStream, orderId, {
        type: "IssueInvoice", ...taken, issuedAt: unit.now, orderId, customerId, paymentId, currency,
        ...billOf(order, shippingTaxBasisPoints), orderTotals: order.totals,
      });
      return { number: taken.number };
    },
  });
}
