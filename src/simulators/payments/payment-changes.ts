import type { ChangeLine, PaymentChange } from "./payment-lines.js";
import { heldOf, releasedOf, type Attempt, type DisputeRecord, type PaymentEvent, type PaymentRecord, type RefundRecord } from "./payment-records.js";

const noRefunds: readonly RefundRecord[] = [];

/** The payment as it is after the change. Decides nothing: whoever made the change has. @param before undefined where it is made */
export function changed(before: PaymentRecord | undefined, line: ChangeLine): PaymentRecord {
  if (line.t === "created") {
    const made: PaymentRecord = {
      terms: line.terms, status: line.paymentMethod === null ? "requires_payment_method" : "requires_confirmation", paymentMethod: line.paymentMethod,
      attempt: null, attemptedAt: 0, captured: 0, fee: 0, canceledAt: null, cancellationReason: null, refunds: noRefunds, dispute: null,
    };
    return line.attempt ? attempted(made, line.attempt, line.at) : made;
  }
  if (!before) throw new Error(`${line.t}: there is no payment ${line.id}`);
  switch (line.t) {
    case "attempted": return attempted(before, line.attempt, line.at);
    case "captured": return { ...before, status: "succeeded", captured: line.amount, fee: line.fee };
    case "canceled": return { ...before, status: "canceled", canceledAt: line.at, cancellationReason: line.reason };
    case "refunded": return { ...before, refunds: [...before.refunds, line.refund] };
    case "refund_settled": return { ...before, refunds: before.refunds.map((refund) => (refund.id === line.refundId ? settled(refund, line) : refund)) };
    case "disputed": return { ...before, dispute: line.dispute };
    case "dispute_escalated": return { ...before, dispute: before.dispute && { ...before.dispute, status: "needs_response" } };
    case "dispute_closed": return { ...before, dispute: before.dispute && closed(before.dispute, line.won) };
    case "planted": return { ...before, captured: before.captured + line.amount };
  }
}

function attempted(before: PaymentRecord, attempt: Attempt, at: number): PaymentRecord {
  const tried = { ...before, attempt, attemptedAt: at, paymentMethod: attempt.decline ? null : attempt.paymentMethod };
  if (attempt.decline) return { ...tried, status: "requires_payment_method" };
  if (attempt.action) return { ...tried, status: "requires_action" };
  if (before.terms.captureMethod === "manual") return { ...tried, status: "requires_capture" };
  return { ...tried, status: "succeeded", captured: before.terms.amount, fee: attempt.fee };
}

function closed(dispute: DisputeRecord, won: boolean): DisputeRecord {
  return { ...dispute, status: dispute.status === "warning_needs_response" ? "warning_closed" : won ? "won" : "lost" };
}

function settled(refund: RefundRecord, { failureReason }: Extract<PaymentChange, { t: "refund_settled" }>): RefundRecord {
  return { ...refund, status: failureReason === null ? "succeeded" : "failed", failureReason };
}

/** What Stripe tells of a change, in its order. */
export function eventsOf(line: ChangeLine, before: PaymentRecord | undefined, payment: PaymentRecord): readonly PaymentEvent[] {
  const refundId = line.t === "refunded" ? line.refund.id : line.t === "refund_settled" ? line.refundId : null;
  const refund = payment.refunds.find(({ id }) => id === refundId) ?? null;
  return typesOf(line, before, payment).map((type, index) => ({ id: index === 0 ? line.eventId : `${line.eventId}_${index}`, type, at: line.at, payment, refund }));
}

function typesOf(line: ChangeLine, before: PaymentRecord | undefined, payment: PaymentRecord): readonly string[] {
  // What is let go counts as refunded there.
  const released = before && heldOf(before) > 0 && releasedOf(payment) > 0 ? ["charge.refunded"] : [];
  switch (line.t) {
    case "created":
    case "attempted": return typesOfAttempt(payment);
    case "captured": return ["payment_intent.succeeded", ...released];
    case "canceled": return ["payment_intent.canceled", ...released];
    case "refunded": return ["refund.created", "charge.refunded"];
    case "refund_settled": return line.failureReason === null ? ["refund.updated"] : ["refund.updated", "refund.failed"];
    case "disputed": return ["charge.dispute.created"];
    case "dispute_escalated": return ["charge.dispute.updated", "charge.dispute.funds_withdrawn"];
    case "dispute_closed": return ["charge.dispute.closed"];
    case "planted": return [];
  }
}

function typesOfAttempt({ attempt, status }: PaymentRecord): readonly string[] {
  if (attempt === null) return [];
  if (status === "requires_payment_method") return ["payment_intent.payment_failed"];
  if (status === "requires_action") return ["payment_intent.requires_action"];
  return status === "requires_capture" ? ["payment_intent.amount_capturable_updated"] : ["payment_intent.succeeded"];
}
