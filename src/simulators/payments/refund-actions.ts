import type { Action, Done } from "./intent-actions.js";
import { newStripeId, type PaymentLedger } from "./payment-ledger.js";
import { disputedOf, refundedOf, type PaymentEvent, type PaymentRecord } from "./payment-records.js";
import { invalid, refusal, unknownObject } from "./stripe-errors.js";
import type { StripeForm } from "./stripe-form.js";
import { refundsTo } from "./test-cards.js";

const parameters = new Set(["payment_intent", "charge", "amount", "reason", "metadata", "expand"]);
const reasons = ["duplicate", "fraudulent", "requested_by_customer"] as const;

/** Gives back what was taken, or part of it, never more. @throws StripeProblem */
export function createRefund({ ledger, form, by, at }: Action): Done {
  form.expectOnly(parameters);
  form.expand([]);
  const reason = form.oneOf("reason", reasons), metadata = form.metadata();
  const asked = form.has("amount") ? form.amount("amount") : null;
  const payment = paymentNamed(ledger, form);
  const left = refundable(payment);
  const amount = asked ?? left;
  if (amount > left) throw refusal(`Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`, { param: "amount" });
  const way = refundsTo(payment.attempt?.paymentMethod ?? null);
  const { id } = payment.terms;
  const kept = ledger.keep({
    t: "refunded", id,
    refund: { id: newStripeId("re"), amount, reason, created: at, metadata, status: way === "late" ? "pending" : "succeeded", failureReason: null },
  }, by, at);
  const made = kept.made;
  if (way === "at once" || made.kind !== "refund") return kept;
  const { events } = ledger.keep({ t: "refund_settled", id, refundId: made.refund.id, failureReason: way === "lost" ? "expired_or_canceled_card" : null }, null, at);
  return { made, events: [...kept.events, ...events] };
}

/** Says how a refund ended, or that it failed after all. @throws StripeProblem where there is no such refund, or it has failed before */
export function settleRefund(ledger: PaymentLedger, refundId: string, failureReason: string | null, at: number): readonly PaymentEvent[] {
  const payment = refundId.startsWith("re_") ? ledger.payment(refundId) : undefined;
  const refund = payment?.refunds.find(({ id }) => id === refundId);
  if (!payment || !refund) throw unknownObject("refund", refundId, "refund", true);
  if (refund.status === "failed" || (refund.status === "succeeded" && failureReason === null)) {
    throw refusal(`Refund ${refundId} has ${refund.status} already.`, { param: "refund" });
  }
  return ledger.keep({ t: "refund_settled", id: payment.terms.id, refundId, failureReason }, null, at).events;
}

function paymentNamed(ledger: PaymentLedger, form: StripeForm): PaymentRecord {
  const intentId = form.get("payment_intent"), chargeId = form.get("charge");
  if (intentId !== null) {
    const payment = intentId.startsWith("pi_") ? ledger.payment(intentId) : undefined;
    if (!payment) throw unknownObject("payment_intent", intentId, "payment_intent", true);
    return payment;
  }
  if (chargeId === null) throw invalid("One of the following params should be provided for this request: payment_intent or charge.", "charge", "parameter_missing");
  const payment = chargeId.startsWith("ch_") ? ledger.paymentOfCharge(chargeId) : undefined;
  if (!payment) throw unknownObject("charge", chargeId, "charge", true);
  return payment;
}

/** What may still be given back, more than 0. @throws StripeProblem */
function refundable(payment: PaymentRecord): number {
  const { terms, captured, attempt } = payment;
  const chargeId = attempt?.chargeId ?? "";
  if (captured === 0) throw refusal(`This PaymentIntent (${terms.id}) does not have a successful charge to refund.`, { param: "payment_intent" });
  if (disputedOf(payment) > 0) throw refusal(`Charge ${chargeId} has been charged back; cannot issue a refund.`, { code: "charge_disputed" });
  const left = captured - refundedOf(payment);
  if (left <= 0) throw refusal(`Charge ${chargeId} has already been refunded.`, { code: "charge_already_refunded" });
  return left;
}
