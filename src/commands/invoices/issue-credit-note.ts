import type { CreditNoteIssued } from "../../events/invoices.js";
import type { ParcelLine } from "../../events/shipping.js";
import { defineCommand } from "../../kernel/command.js";
import { Undecided } from "../../kernel/undecided.js";
import { invoiceStream } from "./invoice.decider.js";
import { invoiceLane, type InvoiceTerms, type IssueAnswer } from "./issue-invoice.js";
import { numberNeeds, takeNumber } from "./numbering.js";

export interface IssueCreditNoteInput extends Pick<CreditNoteIssued, "orderId" | "paymentId" | "refundId" | "amountMinor" | "cause" | "reason"> {
  /** What the money is for; empty where that is not known. */
  readonly returned: readonly ParcelLine[];
}

/**
 * Issues the credit note of a refund; one that is there already is answered with.
 * @throws Undecided TOO_EARLY where the order has no invoice yet
 */
export function issueCreditNoteWith({ yearAt }: Pick<InvoiceTerms, "yearAt">) {
  return defineCommand<IssueCreditNoteInput, IssueAnswer>({
    name: "issueCreditNote",
    lane: invoiceLane,
    correlationId: ({ orderId }) => orderId,
    needs({ orderId }) {
      const { streams, rows } = numberNeeds("CN");
      return { streams: [{ type: invoiceStream, id: orderId }, ...streams], rows };
    },
    decide(input, unit) {
      const invoice = unit.state(invoiceStream, input.orderId);
      if (!invoice) throw new Undecided("TOO_EARLY", "The order has no invoice yet; repeat in a moment.");
      const known = invoice.creditNotes.get(input.refundId);
      if (known !== undefined) return { number: known };
      const taken = takeNumber(unit, "CN", yearAt(unit.now));
      unit.execute(invoiceStream, input.orderId, { type: "IssueCreditNote", ...taken, issuedAt: unit.now, ...input });
      return { number: taken.number };
    },
  });
}
