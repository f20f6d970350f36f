import type { PaymentEvent, PaymentMethod, PaymentRefunded, PaymentStatus, RefundCause } from "../../events/payments.js";

/** Money that was promised back. */
export interface Refund {
  readonly amountMinor: number;
  readonly state: "requested" | "done" | "failed";
  readonly cause: RefundCause;
  /** Who gives it: whoever took the money, or a person by transfer. */
  readonly provider: string;
  /** The one that had come to nothing and that it makes good; null of any other. */
  readonly repeats: string | null;
  /** The provider's id of it; null before it was given. */
  readonly reference: string | null;
}

/** What is known of an order's payment. Amounts in minor units. */
export interface Payment {
  readonly status: PaymentStatus;
  readonly orderId: string | null;
  /** The attempt that is at work, or was the last one. */
  readonly attempt: number;
  readonly method: PaymentMethod;
  /** Attempts that were refused. */
  readonly declined: ReadonlySet<number>;
  readonly authorizedMinor: number;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  readonly currency: string | null;
  readonly provider: string | null;
  readonly providerReference: string | null;
  readonly feeMinor: number | null;
  /** By our own id of the refund; one that somebody made beside us by the provider's. */
  readonly refunds: ReadonlyMap<string, Refund>;
  readonly refundReferences: ReadonlySet<string>;
  /** Charges beside the one that counts: each goes back. */
  readonly strays: ReadonlyMap<string, number>;
  /** `asked`: the bank has taken nothing so far. */
  readonly disputes: ReadonlyMap<string, "asked" | "open" | "won" | "lost">;
  /** What lost disputes gave back. */
  readonly lostMinor: number;
  /** News that was kept and not applied. */
  readonly setAside: ReadonlySet<string>;
}

export const noPayment: Payment = {
  status: "PENDING", orderId: null, attempt: 1, method: "CARD", declined: new Set(), authorizedMinor: 0, capturedMinor: 0, refundedMinor: 0,
  currency: null, provider: null, providerReference: null, feeMinor: null, refunds: new Map(), refundReferences: new Set(), strays: new Map(),
  disputes: new Map(), lostMinor: 0, setAside: new Set(),
};

export function evolvePayment(payment: Payment, event: PaymentEvent): Payment {
  const known = { ...payment, orderId: event.orderId };
  switch (event.type) {
    case "PaymentAuthorized":
      return { ...known, ...chargeOf(event), status: "AUTHORIZED", attempt: event.attempt, authorizedMinor: event.amountMinor };
    case "PaymentAwaited":
      return { ...known, ...chargeOf(event), status: "PENDING", attempt: event.attempt };
    case "PaymentCaptured":
      return { ...known, ...chargeOf(event), status: "CAPTURED", attempt: event.attempt ?? 1, capturedMinor: event.amountMinor, feeMinor: event.feeMinor ?? null };
    case "PaymentFeeTold":
      return { ...known, feeMinor: event.feeMinor };
    case "PaymentDeclined":
      return { ...known, status: "FAILED", attempt: event.attempt, declined: new Set(payment.declined).add(event.attempt) };
    case "PaymentRetried":
      return { ...known, status: "PENDING", attempt: event.attempt, method: event.method, provider: null, providerReference: null };
    case "PaymentUnknown":
      return { ...known, status: "UNKNOWN", provider: event.provider };
    case "PaymentFailed":
    case "PaymentVoided":
      return { ...known, status: "FAILED", authorizedMinor: 0 };
    case "RefundRequested":
      return { ...known, refunds: new Map(payment.refunds).set(event.refundId, { amountMinor: event.amountMinor, state: "requested", cause: event.cause, provider: event.provider, repeats: event.repeats ?? null, reference: null }) };
    case "PaymentRefunded":
      return afterRefund(known, event);
    case "RefundFailed":
      return { ...known, refunds: failedRefund(payment, event.refundId) };
    case "RefundReversed":
      return afterReversal({ ...known, refunds: failedRefund(payment, event.refundId ?? event.refundReference) }, event.amountMinor, event.cause);
    case "PaymentCapturedTwice":
      return { ...known, strays: new Map(payment.strays).set(event.providerReference, event.amountMinor) };
    case "PaymentInquired":
      return { ...known, disputes: new Map(payment.disputes).set(event.disputeReference, "asked") };
    case "PaymentDisputed":
      return { ...known, status: "DISPUTED", disputes: new Map(payment.disputes).set(event.disputeReference, "open") };
    case "PaymentDisputeClosed": {
      const disputes = new Map(payment.disputes).set(event.disputeReference, event.outcome);
      const lostMinor = payment.lostMinor + (event.outcome === "lost" ? event.amountMinor : 0);
      return { ...known, disputes, lostMinor, status: statusOf({ ...known, disputes }) };
    }
    case "PaymentNewsSetAside":
      return { ...known, setAside: new Set(payment.setAside).add(event.newsId) };
  }
}

/** An attempt that may still come to something: it was not refused, and no money is there. */
export function isOpen({ status, attempt }: Payment, wanted: number): boolean {
  return attempt === wanted && (status === "PENDING" || status === "UNKNOWN");
}

function failedRefund({ refunds }: Payment, refundId: string): ReadonlyMap<string, Refund> {
  const refund = refunds.get(refundId);
  return refund ? new Map(refunds).set(refundId, { ...refund, state: "failed" }) : refunds;
}

function chargeOf({ currency, provider, providerReference }: { readonly currency: string; readonly provider: string; readonly providerReference: string }) {
  return { currency, provider, providerReference };
}

function afterRefund(payment: Payment, { refundId, refundReference: reference, amountMinor, cause, provider, repeats: told }: PaymentRefunded): Payment {
  const key = refundId ?? reference;
  const repeats = payment.refunds.get(key)?.repeats ?? told ?? null;
  const refunds = new Map(payment.refunds).set(key, { amountMinor, state: "done" as const, cause, provider, repeats, reference });
  const refundReferences = new Set(payment.refundReferences).add(reference);
  const refundedMinor = payment.refundedMinor + (cause === "CAPTURED_TWICE" ? 0 : amountMinor);
  const after = { ...payment, refunds, refundReferences, refundedMinor };
  return { ...after, status: statusOf(after) };
}

function afterReversal(payment: Payment, amountMinor: number, cause: RefundCause): Payment {
  const after = { ...payment, refundedMinor: payment.refundedMinor - (cause === "CAPTURED_TWICE" ? 0 : amountMinor) };
  return { ...after, status: statusOf(after) };
}

function statusOf({ status, capturedMinor, refundedMinor, disputes }: Payment): PaymentStatus {
  const states = [...disputes.values()];
  if (states.includes("open") || states.includes("lost")) return "DISPUTED";
  if (capturedMinor === 0) return status;
  if (refundedMinor >= capturedMinor) return "REFUNDED";
  return refundedMinor > 0 ? "PARTIALLY_REFUNDED" : "CAPTURED";
}
