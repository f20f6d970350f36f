import type { SimulatorAnswer } from "../simulator-server.js";
import { entryId } from "./balance-book.js";
import { knownIntent } from "./intent-actions.js";
import { newestFirst, pageOf } from "./payment-pages.js";
import type { PaymentLedger } from "./payment-ledger.js";
import type { DisputeRecord, PaymentRecord, RefundRecord } from "./payment-records.js";
import { intentTeller } from "./stripe-answers.js";
import { unknownObject } from "./stripe-errors.js";
import type { StripeForm } from "./stripe-form.js";
import { balanceTransactionObject, chargeObject, disputeObject, refundObject } from "./stripe-objects.js";

const pageParameters = ["limit", "starting_after", "created", "expand"];
const intentListParameters = new Set(pageParameters);
const ofPaymentParameters = new Set([...pageParameters, "payment_intent", "charge"]);
const entryParameters = new Set([...pageParameters, "type", "source", "currency"]);
const expandParameter = new Set(["expand"]);

export function retrieveIntent(ledger: PaymentLedger, form: StripeForm, id: string): SimulatorAnswer {
  form.expectOnly(new Set(["expand", "client_secret"]));
  const tell = intentTeller(ledger, form);
  return found(tell(knownIntent(ledger, id)));
}

export function listIntents(ledger: PaymentLedger, form: StripeForm): SimulatorAnswer {
  form.expectOnly(intentListParameters);
  const tell = intentTeller(ledger, form, "data.");
  return pageOf({
    form, url: "/v1/payment_intents", kind: "payment_intent", tell, createdOf: ({ terms }) => terms.created,
    from: (after) => newestFirst(ledger.payments, after === null ? null : after.startsWith("pi_") ? ledger.place(after) : undefined),
  });
}

export function retrieveCharge(ledger: PaymentLedger, form: StripeForm, id: string): SimulatorAnswer {
  form.expectOnly(expandParameter);
  const wanted = form.expand(["balance_transaction", "refunds"]);
  const payment = id.startsWith("ch_") ? ledger.paymentOfCharge(id) : undefined;
  if (!payment?.attempt || payment.attempt.action) throw unknownObject("charge", id, "id", false);
  return found(chargeObject(payment, wanted.has("balance_transaction") ? ledger.balance.entry(entryId(id)) : undefined));
}

export function retrieveRefund(ledger: PaymentLedger, form: StripeForm, id: string): SimulatorAnswer {
  form.expectOnly(expandParameter);
  form.expand([]);
  const payment = id.startsWith("re_") ? ledger.payment(id) : undefined;
  const refund = payment?.refunds.find((each) => each.id === id);
  if (!payment || !refund) throw unknownObject("refund", id, "id", false);
  return found(refundObject(refund, payment));
}

/** Those of one payment, or of all. */
export function listRefunds(ledger: PaymentLedger, form: StripeForm): SimulatorAnswer {
  form.expectOnly(ofPaymentParameters);
  form.expand([]);
  return pageOf<Refunded>({
    form, url: "/v1/refunds", kind: "refund", createdOf: ({ refund }) => refund.created, tell: ({ refund, payment }) => refundObject(refund, payment),
    from: (after) => following(refundsOf(paymentsAskedFor(ledger, form)), after, ({ refund }) => refund.id),
  });
}

interface Refunded {
  readonly payment: PaymentRecord;
  readonly refund: RefundRecord;
}

function* refundsOf(payments: Iterable<PaymentRecord>): Generator<Refunded> {
  for (const payment of payments) for (const refund of newestFirst(payment.refunds, null) ?? []) yield { payment, refund };
}

export function retrieveDispute(ledger: PaymentLedger, form: StripeForm, id: string): SimulatorAnswer {
  form.expectOnly(expandParameter);
  form.expand([]);
  const payment = id.startsWith("dp_") ? ledger.payment(id) : undefined;
  if (!payment?.dispute) throw unknownObject("dispute", id, "id", false);
  return found(disputeObject(payment.dispute, payment));
}

export function listDisputes(ledger: PaymentLedger, form: StripeForm): SimulatorAnswer {
  form.expectOnly(ofPaymentParameters);
  form.expand([]);
  const asked = form.has("payment_intent") || form.has("charge") ? paymentsAskedFor(ledger, form) : newestFirst(ledger.disputed(), null) ?? [];
  return pageOf<Disputed>({
    form, url: "/v1/disputes", kind: "dispute", createdOf: ({ dispute }) => dispute.created, tell: ({ dispute, payment }) => disputeObject(dispute, payment),
    from: (after) => following(disputesOf(asked), after, ({ dispute }) => dispute.id),
  });
}

interface Disputed {
  readonly payment: PaymentRecord;
  readonly dispute: DisputeRecord;
}

function* disputesOf(payments: Iterable<PaymentRecord>): Generator<Disputed> {
  for (const payment of payments) if (payment.dispute) yield { payment, dispute: payment.dispute };
}

export function retrieveBalanceTransaction({ balance }: PaymentLedger, form: StripeForm, id: string): SimulatorAnswer {
  form.expectOnly(expandParameter);
  form.expand([]);
  const entry = balance.entry(id);
  if (!entry) throw unknownObject("balance transaction", id, "id", false);
  return found(balanceTransactionObject(entry));
}

export function listBalanceTransactions({ balance }: PaymentLedger, form: StripeForm): SimulatorAnswer {
  form.expectOnly(entryParameters);
  form.expand([]);
  const type = form.get("type"), source = form.get("source"), currency = form.get("currency");
  return pageOf({
    form, url: "/v1/balance_transactions", kind: "balance transaction", createdOf: ({ created }) => created, tell: balanceTransactionObject,
    from: (after) => newestFirst(balance.entries, after === null ? null : balance.place(after)),
    fits: (entry) => (type === null || entry.type === type) && (source === null || entry.source === source)
      && (currency === null || entry.currency === currency.toLowerCase()),
  });
}

export function retrieveBalance({ balance }: PaymentLedger): SimulatorAnswer {
  const available = Object.entries(balance.cash).map(([currency, amount]) => ({ amount, currency: currency.toLowerCase(), source_types: { card: amount } }));
  const pending = available.map(({ currency }) => ({ amount: 0, currency, source_types: { card: 0 } }));
  return found({ object: "balance", available, livemode: false, pending });
}

function paymentsAskedFor(ledger: PaymentLedger, form: StripeForm): Iterable<PaymentRecord> {
  const id = form.get("payment_intent") ?? form.get("charge");
  if (id === null) return newestFirst(ledger.payments, null) ?? [];
  const payment = ledger.payment(id);
  return payment ? [payment] : [];
}

/** What comes after the one of that id; undefined where it is not among them. */
function following<Item>(items: Iterable<Item>, after: string | null, idOf: (item: Item) => string): Iterable<Item> | undefined {
  if (after === null) return items;
  const rest = [...items];
  const place = rest.findIndex((item) => idOf(item) === after);
  return place < 0 ? undefined : rest.slice(place + 1);
}

function found(body: object): SimulatorAnswer {
  return { status: 200, body };
}
