import type { PaymentEvent } from "../../events/payments.js";
import { toDecimalString } from "../../kernel/money.js";
import { Refusal } from "../../kernel/refusal.js";
import { Undecided } from "../../kernel/undecided.js";
import type { Payment, Recorded, Refund } from "./payment.decider.js";

/** What may still be given back: captured, less what was given or promised. A lost dispute has given back by itself. */
export function refundableMinor({ capturedMinor, refunds, disputes }: Payment): number {
  if ([...disputes.values()].includes("lost")) return 0;
  return Math.max(0, capturedMinor - promisedMinor(refunds, () => true));
}

/** The refund of a charge that came twice: a function of the charge, so that it goes back once. */
export function strayRefundId(providerReference: string): string {
  return `stray:${providerReference}`;
}

/**
 * Who took the money that the news speaks of.
 * @throws Undecided TOO_EARLY where the news overtook that of the capture: it comes again
 */
export function takerOf({ capturedMinor, provider }: Payment): string {
  if (capturedMinor === 0 || provider === null) throw new Undecided("TOO_EARLY", "This payment is not known to be captured yet; repeat in a moment.");
  return provider;
}

export function requested(command: Recorded<"RequestRefund">, payment: Payment): readonly PaymentEvent[] {
  const { paymentId, orderId, refundId, cause, reason } = command;
  const { currency, provider, providerReference } = payment;
  if (payment.refunds.has(refundId)) return [];
  const amountMinor = cause === "GOODWILL" ? wishedMinor(command, payment) : excessMinor(command, payment);
  if (amountMinor === 0 || currency === null || provider === null || providerReference === null) return [];
  return [{ type: "RefundRequested", paymentId, orderId, refundId, amountMinor, currency, provider, providerReference, cause, reason }];
}

/** An operator's wish is met or refused. */
function wishedMinor({ amountMinor: wanted }: Recorded<"RequestRefund">, payment: Payment): number {
  if (payment.capturedMinor === 0) throw new Refusal("PAYMENT_NOT_CAPTURED", "Nothing was charged that could be given back.", "orderId");
  if (wanted !== "all" && wanted < 1) throw new Refusal("INVALID_AMOUNT", "A refund is of more than nothing.", "amount");
  const left = refundableMinor(payment);
  if (left === 0 || (wanted !== "all" && wanted > left)) {
    throw new Refusal("REFUND_TOO_LARGE", `At most ${toDecimalString({ amountMinor: left, currency: payment.currency ?? "" })} can still be refunded.`, "amount");
  }
  return wanted === "all" ? left : wanted;
}

/** What an order gives back by itself is never more than is there beyond what is still owed for it. */
function excessMinor({ amountMinor: wanted, keepMinor }: Recorded<"RequestRefund">, payment: Payment): number {
  const left = refundableMinor(payment);
  const excess = payment.capturedMinor - keepMinor - promisedMinor(payment.refunds, ({ cause }) => cause !== "GOODWILL");
  return Math.max(0, Math.min(wanted === "all" ? left : wanted, left, excess));
}

/** Given back or promised of the charge that counts. */
function promisedMinor(refunds: ReadonlyMap<string, Refund>, counts: (refund: Refund) => boolean): number {
  let promised = 0;
  for (const refund of refunds.values()) {
    if (refund.state !== "failed" && refund.cause !== "CAPTURED_TWICE" && counts(refund)) promised += refund.amountMinor;
  }
  return promised;
}

export function refunded(command: Recorded<"RecordRefund">, payment: Payment): readonly PaymentEvent[] {
  const { paymentId, orderId, refundId, amountMinor, currency, refundReference, reason } = command;
  if (payment.refundReferences.has(refundReference)) return [];
  const request = refundId === null ? undefined : payment.refunds.get(refundId);
  // After its end, done or failed, news of its beginning is late.
  if (request && request.state !== "requested") return [];
  const provider = takerOf(payment);
  // One that we did not ask for was made at the provider beside us: it has happened, whatever we think of it.
  const cause = request?.cause ?? "GOODWILL";
  return [{ type: "PaymentRefunded", paymentId, orderId, amountMinor, currency, refundReference, reason, provider, refundId: request ? refundId : null, cause }];
}

export function refundFailed({ paymentId, orderId, refundId, code }: Recorded<"RecordRefundFailure">, { refunds }: Payment): readonly PaymentEvent[] {
  const refund = refunds.get(refundId);
  if (refund?.state !== "requested") return [];
  return [{ type: "RefundFailed", paymentId, orderId, refundId, amountMinor: refund.amountMinor, code }];
}

export function disputeClosed(command: Recorded<"CloseDispute">, payment: Payment): readonly PaymentEvent[] {
  const { paymentId, orderId, disputeReference, outcome, amountMinor, currency } = command;
  const known = payment.disputes.get(disputeReference);
  if (known !== undefined && known !== "open") return [];
  const provider = takerOf(payment);
  const closed = { type: "PaymentDisputeClosed", paymentId, orderId, disputeReference, outcome, amountMinor, currency, provider } as const;
  // Its beginning was lost on the way, or comes later: it is told first.
  return known === "open" ? [closed] : [{ type: "PaymentDisputed", paymentId, orderId, disputeReference, amountMinor, currency, provider, reason: "unknown" }, closed];
}
