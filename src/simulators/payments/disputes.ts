import { newStripeId, type PaymentLedger } from "./payment-ledger.js";
import { refundedOf, type DisputeRecord, type PaymentEvent } from "./payment-records.js";
import { invalid, refusal, unknownObject } from "./stripe-errors.js";

interface DisputeOrder {
  readonly paymentIntent: string;
  /** Null for all that was taken and not given back. */
  readonly amount: number | null;
  readonly reason: string;
  /** The bank only asks at first, and takes nothing. */
  readonly inquiry?: boolean;
}

interface OpenedDispute {
  readonly dispute: DisputeRecord;
  readonly events: readonly PaymentEvent[];
}

/** The buyer's bank takes the money back until the matter is settled. @throws StripeProblem */
export function openDispute(ledger: PaymentLedger, { paymentIntent, amount, reason, inquiry }: DisputeOrder, at: number): OpenedDispute {
  const payment = paymentIntent.startsWith("pi_") ? ledger.payment(paymentIntent) : undefined;
  if (!payment) throw unknownObject("payment_intent", paymentIntent, "payment_intent", true);
  const left = payment.captured - refundedOf(payment);
  if (payment.dispute) throw refusal(`${paymentIntent} is disputed already.`, { param: "payment_intent" });
  if (left <= 0) throw refusal(`Nothing of ${paymentIntent} could be disputed.`, { param: "payment_intent" });
  if (amount !== null && amount > left) throw invalid(`At most ${left} can be disputed.`, "amount", "amount_too_large");
  const dispute: DisputeRecord = { id: newStripeId("dp"), amount: amount ?? left, reason, created: at, status: inquiry ? "warning_needs_response" : "needs_response" };
  return { dispute, events: ledger.keep({ t: "disputed", id: paymentIntent, dispute }, null, at).events };
}

/** The bank asked, and takes the money now. @throws StripeProblem where it is no inquiry that is open */
export function escalateDispute(ledger: PaymentLedger, disputeId: string, at: number): readonly PaymentEvent[] {
  const { id, dispute } = openDisputeOf(ledger, disputeId);
  if (dispute.status !== "warning_needs_response") throw refusal(`Dispute ${disputeId} is no inquiry.`, { param: "dispute" });
  return ledger.keep({ t: "dispute_escalated", id }, null, at).events;
}

/** An inquiry ends without an outcome. @throws StripeProblem where it is not open */
export function closeDispute(ledger: PaymentLedger, disputeId: string, won: boolean, at: number): readonly PaymentEvent[] {
  return ledger.keep({ t: "dispute_closed", id: openDisputeOf(ledger, disputeId).id, won }, null, at).events;
}

function openDisputeOf(ledger: PaymentLedger, disputeId: string): { readonly id: string; readonly dispute: DisputeRecord } {
  const payment = disputeId.startsWith("dp_") ? ledger.payment(disputeId) : undefined;
  if (!payment?.dispute) throw unknownObject("dispute", disputeId, "dispute", true);
  const { terms: { id }, dispute } = payment;
  if (!dispute.status.endsWith("needs_response")) throw refusal(`Dispute ${disputeId} is ${dispute.status} already.`, { param: "dispute" });
  return { id, dispute };
}
