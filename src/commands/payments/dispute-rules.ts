import type { PaymentEvent } from "../../events/payments.js";
import type { Payment } from "./payment-state.js";
import type { Recorded } from "./payment.decider.js";
import { takerOf } from "./refund-rules.js";

/** The bank took the money. It may have asked before. */
export function disputed(command: Recorded<"RecordDispute">, payment: Payment): readonly PaymentEvent[] {
  const { paymentId, orderId, disputeReference, amountMinor, currency, reason } = command;
  const known = payment.disputes.get(disputeReference);
  if (known !== undefined && known !== "asked") return [];
  return [{ type: "PaymentDisputed", paymentId, orderId, disputeReference, amountMinor, currency, reason, provider: takerOf(payment) }];
}

/**
 * The bank only asks: no money moves. One that is over and had been taken for a dispute, as earlier versions did, is a
 * dispute that was won.
 */
export function inquired(command: Recorded<"RecordInquiry">, payment: Payment): readonly PaymentEvent[] {
  const { paymentId, orderId, disputeReference, amountMinor, currency, reason, isOver } = command;
  const of = { paymentId, orderId, disputeReference, amountMinor, currency, provider: takerOf(payment) };
  switch (payment.disputes.get(disputeReference)) {
    case undefined: return [{ type: "PaymentInquired", ...of, reason }];
    case "open": return isOver ? [{ type: "PaymentDisputeClosed", ...of, outcome: "won" }] : [];
    default: return [];
  }
}

export function disputeClosed(command: Recorded<"CloseDispute">, payment: Payment): readonly PaymentEvent[] {
  const { paymentId, orderId, disputeReference, outcome, amountMinor, currency } = command;
  const known = payment.disputes.get(disputeReference);
  if (known === "won" || known === "lost") return [];
  const provider = takerOf(payment);
  const closed = { type: "PaymentDisputeClosed", paymentId, orderId, disputeReference, outcome, amountMinor, currency, provider } as const;
  // Its beginning was lost on the way, or comes later: it is told first.
  return known === "open" ? [closed] : [{ type: "PaymentDisputed", paymentId, orderId, disputeReference, amountMinor, currency, provider, reason: "unknown" }, closed];
}
