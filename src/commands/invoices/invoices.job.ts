import type { Pool } from "pg";
import type { OrderPaid, OrderPaymentCaptured, OrderReinstated } from "../../events/orders.js";
import type { PaymentRefunded } from "../../events/payments.js";
import { defineConsumer } from "../../kernel/consumer.js";
import { Undecided } from "../../kernel/undecided.js";
import type { CommandBus, CommandEnvelope } from "../../platform/bus/command-bus.js";
import type { JobHandler } from "../../platform/jobs/job-handler.js";
import { billingReader, takesMoney } from "./captured-order.reader.js";
import { issueCreditNoteWith } from "./issue-credit-note.js";
import { issueInvoiceWith, type InvoiceTerms } from "./issue-invoice.js";

/** The order says that its money is there: by then it is also certain that it wants it. */
type MoneyTaken = OrderPaid | OrderReinstated | OrderPaymentCaptured;

export interface InvoiceJobs {
  readonly bus: CommandBus;
  readonly pool: Pool;
  readonly terms: InvoiceTerms;
}

export const issueConsumer = defineConsumer<MoneyTaken>({
  queue: "invoices.issue",
  on: ["OrderPaid", "OrderReinstated", "OrderPaymentCaptured"],
  fifo: true,
  when: (event) => takesMoney(event, event.paymentId),
});

export const creditConsumer = defineConsumer<PaymentRefunded>({
  queue: "invoices.credit",
  on: ["PaymentRefunded"],
  fifo: true,
  // Money that the order never took was never billed.
  when: ({ cause }) => cause !== "UNWANTED" && cause !== "CAPTURED_TWICE",
});

/** Bills an order whose money was taken; nothing where it costs nothing. */
export function issueHandler({ bus, pool, terms }: InvoiceJobs): JobHandler<MoneyTaken> {
  const read = billingReader(pool);
  const issueInvoice = issueInvoiceWith(terms);
  return async ({ eventId, event }) => {
    const { toBill } = await read(event);
    if (toBill) await bus.execute(issueInvoice, toBill, envelopeOf(issueConsumer.queue, eventId));
  };
}

/** Credits what was given back. A refund that overtakes the invoice issues it first. */
export function creditHandler({ bus, pool, terms }: InvoiceJobs): JobHandler<PaymentRefunded> {
  const read = billingReader(pool);
  const [issueInvoice, issueCreditNote] = [issueInvoiceWith(terms), issueCreditNoteWith(terms)];
  return async ({ eventId, event }) => {
    const { orderId, paymentId, amountMinor, cause, reason } = event;
    const { money, toBill, firstOf, returnedFor } = await read(event);
    if (money === "unheard") throw new Undecided("TOO_EARLY", "The order has not heard of its money yet; repeat in a moment.");
    if (!toBill) return;
    await bus.execute(issueInvoice, toBill, envelopeOf(creditConsumer.queue, eventId, "invoice"));
    // One that somebody made at the provider beside us has no other name.
    const refundId = firstOf(event.refundId ?? event.refundReference);
    await bus.execute(
      issueCreditNote, { orderId, paymentId, refundId, amountMinor, cause, reason, returned: returnedFor(refundId) },
      envelopeOf(creditConsumer.queue, eventId),
    );
  };
}

function envelopeOf(queue: string, eventId: string, step?: string): CommandEnvelope {
  return { actor: { role: "system", id: queue }, idempotencyKey: step === undefined ? eventId : `${eventId}:${step}`, causationId: eventId };
}
