import type { SimulatorAnswer } from "../simulator-server.js";
import { entryId } from "./balance-book.js";
import type { MadeAnswer } from "./kept-answers.js";
import type { PaymentLedger } from "./payment-ledger.js";
import type { PaymentEvent, PaymentRecord } from "./payment-records.js";
import type { StripeForm } from "./stripe-form.js";
import { cardError, chargeObject, disputeObject, intentObject, refundObject, type Expansion } from "./stripe-objects.js";

const expandable = ["latest_charge", "latest_charge.balance_transaction", "latest_charge.refunds", "payment_method"];

/** How intents are to be told. @param prefix `data.` in a list */
export type Teller = (payment: PaymentRecord) => object;

export function intentTeller(ledger: PaymentLedger, form: StripeForm, prefix = ""): Teller {
  const wanted = form.expand(expandable.map((name) => prefix + name));
  if (wanted.size === 0) return intentObject;
  const charge = [...wanted].some((name) => name.startsWith(`${prefix}latest_charge`));
  const withEntry = wanted.has(`${prefix}latest_charge.balance_transaction`);
  return (payment) => {
    const expansion: Expansion = { charge, entry: withEntry && payment.attempt ? ledger.balance.entry(entryId(payment.attempt.chargeId)) : undefined };
    return intentObject(payment, expansion);
  };
}

/** Made from records that never change, so that a repeated key gets the same bytes again. */
export function answerOf(made: MadeAnswer, tell: Teller): SimulatorAnswer {
  const { payment } = made;
  if (made.kind === "refund") return { status: 200, body: refundObject(made.refund, payment) };
  const { attempt } = payment;
  if (!made.declined || !attempt?.decline) return { status: 200, body: tell(payment) };
  return { status: 402, body: { error: { ...cardError(attempt.decline, attempt.chargeId), payment_intent: intentObject(payment) } } };
}

/** The body of a webhook. */
export function eventObject(event: PaymentEvent): object {
  return {
    id: event.id, object: "event", api_version: null, created: event.at, data: { object: subjectOf(event) }, livemode: false,
    pending_webhooks: 1, request: { id: null, idempotency_key: null }, type: event.type,
  };
}

function subjectOf({ type, payment, refund }: PaymentEvent): object {
  if (type === "charge.refunded") return chargeObject(payment);
  if (type.startsWith("charge.dispute.") && payment.dispute) return disputeObject(payment.dispute, payment);
  return refund ? refundObject(refund, payment) : intentObject(payment);
}
