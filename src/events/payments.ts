/** How a buyer pays: at the provider by card, or by hand in one of two ways. */
export const paymentMethods = ["CARD", "BANK_TRANSFER", "CASH_ON_DELIVERY"] as const;
export type PaymentMethod = (typeof paymentMethods)[number];

/** What all facts of a payment carry. An order has one payment; a payment has attempts, numbered from 1. */
interface OfPayment {
  readonly paymentId: string;
  readonly orderId: string;
}

/** The buyer's bank set the money aside; it is ours only once it is captured. Amounts in minor units, as everywhere here. */
export interface PaymentAuthorized extends OfPayment {
  readonly type: "PaymentAuthorized";
  readonly attempt: number;
  readonly amountMinor: number;
  readonly currency: string;
  readonly provider: string;
  /** The provider's own id of the charge. */
  readonly providerReference: string;
}

/** Money is to come by hand: a bank transfer. The order waits for it that long. */
export interface PaymentAwaited extends OfPayment {
  readonly type: "PaymentAwaited";
  readonly attempt: number;
  readonly amountMinor: number;
  readonly currency: string;
  readonly provider: string;
  /** What the buyer has to write on the transfer. */
  readonly providerReference: string;
  readonly waitSeconds: number;
}

/** The provider took the money. */
export interface PaymentCaptured extends OfPayment {
  readonly type: "PaymentCaptured";
  readonly amountMinor: number;
  readonly currency: string;
  readonly provider: string;
  readonly providerReference: string;
  /** Absent where the first attempt took it. */
  readonly attempt?: number;
  /** What the provider keeps of it; absent where it has not said. */
  readonly feeMinor?: number;
}

/** The provider said later what it keeps of a capture. */
export interface PaymentFeeTold extends OfPayment {
  readonly type: "PaymentFeeTold";
  readonly feeMinor: number;
  readonly currency: string;
  readonly provider: string;
}

/** An attempt was refused and nothing was charged. The buyer may try another method that long; then the order is called off. */
export interface PaymentDeclined extends OfPayment {
  readonly type: "PaymentDeclined";
  readonly attempt: number;
  /** The provider's reason, e.g. `card_declined`. */
  readonly code: string;
  readonly retrySeconds: number;
}

/** The buyer handed in another method: a new attempt begins. What it is paid with stands in no event. */
export interface PaymentRetried extends OfPayment {
  readonly type: "PaymentRetried";
  readonly attempt: number;
  readonly method: PaymentMethod;
}

/** Whether an attempt charged anything is not known: the provider is asked before anything else is tried. */
export interface PaymentUnknown extends OfPayment {
  readonly type: "PaymentUnknown";
  readonly attempt: number;
  readonly provider: string;
  /** What went wrong with the call, e.g. `timeout`. */
  readonly code: string;
  /** The order is called off if nothing is known by then. */
  readonly waitSeconds: number;
}

/** Nothing was charged and nothing will be. */
export interface PaymentFailed extends OfPayment {
  readonly type: "PaymentFailed";
  readonly code: string;
}

/** What was authorized is let go; nothing was charged. */
export interface PaymentVoided extends OfPayment {
  readonly type: "PaymentVoided";
  readonly attempt: number;
  readonly provider: string;
  readonly reason: string;
}

/**
 * Why money goes back: the order was called off, single lines were, goods came back, an operator decided so,
 * the money had come for nothing, or it had come twice.
 */
export type RefundCause = "ORDER_CANCELLED" | "LINES_CANCELLED" | "RETURNED" | "GOODWILL" | "UNWANTED" | "CAPTURED_TWICE";

/** It was decided, under the payment's lock, that so much goes back: all requests together never pass what was captured. */
export interface RefundRequested extends OfPayment {
  readonly type: "RefundRequested";
  readonly refundId: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly provider: string;
  /** The charge it is paid back from. */
  readonly providerReference: string;
  /** The refund that came to nothing and that this one makes good, whose documents are its own; absent of any other. */
  readonly repeats?: string;
  readonly cause: RefundCause;
  /** Our own words. */
  readonly reason: string;
}

/** The provider gave it back. */
export interface PaymentRefunded extends OfPayment {
  readonly type: "PaymentRefunded";
  readonly amountMinor: number;
  readonly currency: string;
  /** The provider's own id of the refund. */
  readonly refundReference: string;
  readonly reason: string;
  readonly provider: string;
  /** The request it answers; null where somebody refunded at the provider beside us. */
  readonly refundId: string | null;
  readonly cause: RefundCause;
  /** The refund that had come to nothing and that somebody made good beside us; absent of any other, and of what was requested. */
  readonly repeats?: string;
}

/** The provider will not give it back; a person has to look. */
export interface RefundFailed extends OfPayment {
  readonly type: "RefundFailed";
  readonly refundId: string;
  readonly amountMinor: number;
  readonly code: string;
}

/** What had counted as given back came back to the provider: the buyer has not got it, and is owed it still. */
export interface RefundReversed extends OfPayment {
  readonly type: "RefundReversed";
  /** The request that had been answered; null where somebody had refunded at the provider beside us. */
  readonly refundId: string | null;
  readonly refundReference: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly provider: string;
  readonly code: string;
  /** That of the refund. */
  readonly cause: RefundCause;
}

/** Two attempts were charged, by a provider's fault: the second goes back. */
export interface PaymentCapturedTwice extends OfPayment {
  readonly type: "PaymentCapturedTwice";
  readonly amountMinor: number;
  readonly currency: string;
  readonly provider: string;
  readonly providerReference: string;
  readonly feeMinor?: number;
}

/** The buyer's bank took the money back and asks why; the order waits. */
export interface PaymentDisputed extends OfPayment {
  readonly type: "PaymentDisputed";
  readonly disputeReference: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly provider: string;
  readonly reason: string;
}

/** The buyer's bank asks before it disputes a payment, and has taken nothing: the order goes on. */
export interface PaymentInquired extends OfPayment {
  readonly type: "PaymentInquired";
  /** The dispute has the same one, should it come to that. */
  readonly disputeReference: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly provider: string;
  readonly reason: string;
}

export interface PaymentDisputeClosed extends OfPayment {
  readonly type: "PaymentDisputeClosed";
  readonly disputeReference: string;
  readonly outcome: "won" | "lost";
  readonly amountMinor: number;
  readonly currency: string;
  readonly provider: string;
}

/** News that was kept and not applied: it speaks of another amount, currency or order, or contradicts what is known. */
export interface PaymentNewsSetAside extends OfPayment {
  readonly type: "PaymentNewsSetAside";
  /** Identity of the news, for telling repetitions. */
  readonly newsId: string;
  readonly kind: string;
  readonly why: "AMOUNT_DIFFERS" | "CURRENCY_DIFFERS" | "CONTRADICTS";
  readonly provider: string;
  readonly providerReference: string;
  readonly amountMinor: number;
  readonly currency: string;
}

export type PaymentEvent =
  | PaymentAuthorized | PaymentAwaited | PaymentCaptured | PaymentFeeTold | PaymentDeclined | PaymentRetried | PaymentUnknown | PaymentFailed
  | PaymentVoided | RefundRequested | PaymentRefunded | RefundFailed | RefundReversed | PaymentCapturedTwice | PaymentInquired | PaymentDisputed | PaymentDisputeClosed | PaymentNewsSetAside;

export type PaymentStatus =
  "PENDING" | "AUTHORIZED" | "CAPTURED" | "FAILED" | "UNKNOWN" | "PARTIALLY_REFUNDED" | "REFUNDED" | "DISPUTED";
