/** Why a bank refused, in Stripe's words. */
export interface Decline {
  readonly code: string;
  readonly declineCode: string | null;
  readonly message: string;
}

export type PaymentStatus =
  | "requires_payment_method" | "requires_confirmation" | "requires_action" | "requires_capture" | "succeeded" | "canceled";

/** What a PaymentIntent was made with; never changes. */
export interface PaymentTerms {
  readonly id: string;
  readonly amount: number;
  /** In lower case, as at Stripe. */
  readonly currency: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly captureMethod: "automatic" | "manual";
  readonly automaticMethods: boolean;
  readonly metadata: Readonly<Record<string, string>>;
}

/** One try to charge a payment method. */
export interface Attempt {
  readonly chargeId: string;
  readonly paymentMethod: string;
  /** Null where the bank said yes. */
  readonly decline: Decline | null;
  /** The buyer would have to prove who they are; nothing was charged. */
  readonly action: boolean;
  /** What we keep, should the money be taken at once. */
  readonly fee: number;
}

export type RefundStatus = "pending" | "succeeded" | "failed";

export interface RefundRecord {
  readonly id: string;
  readonly amount: number;
  readonly reason: string | null;
  readonly created: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly status: RefundStatus;
  readonly failureReason: string | null;
}

export interface DisputeRecord {
  readonly id: string;
  readonly amount: number;
  readonly reason: string;
  readonly created: number;
  /** With `warning_…` the bank only asks, and has taken nothing. */
  readonly status: "warning_needs_response" | "warning_closed" | "needs_response" | "won" | "lost";
}

/**
 * A PaymentIntent with its latest charge, as little of it as the rest can be made from. Each change makes a new one,
 * so an answer or a webhook holds on to how it was then, and its bytes are made only when they are sent.
 */
export interface PaymentRecord {
  readonly terms: PaymentTerms;
  readonly status: PaymentStatus;
  readonly paymentMethod: string | null;
  readonly attempt: Attempt | null;
  readonly attemptedAt: number;
  /** What was taken. */
  readonly captured: number;
  readonly fee: number;
  readonly canceledAt: number | null;
  readonly cancellationReason: string | null;
  readonly refunds: readonly RefundRecord[];
  readonly dispute: DisputeRecord | null;
}

/** The request that made a change: the same key gets the same answer again. */
export interface KeyRecord {
  readonly key: string;
  /** Hash of path and parameters. */
  readonly hash: string;
  /** The change was made and answered with 500. */
  readonly broken?: true;
}

/** What happened, for the webhook that tells of it. */
export interface PaymentEvent {
  readonly id: string;
  readonly type: string;
  readonly at: number;
  readonly payment: PaymentRecord;
  /** The refund that it is about, if it is. */
  readonly refund: RefundRecord | null;
}

/** What is held at the buyer's bank and not taken. */
export function heldOf({ status, terms }: PaymentRecord): number {
  return status === "requires_capture" ? terms.amount : 0;
}

/** What was held once and let go: by a cancellation, or the rest of a capture. */
export function releasedOf({ status, terms, attempt, captured }: PaymentRecord): number {
  const wasHeld = terms.captureMethod === "manual" && attempt !== null && attempt.decline === null && !attempt.action;
  return wasHeld && status !== "requires_capture" ? Math.max(0, terms.amount - captured) : 0;
}

/** Without those that failed: their money came back to us. */
export function refundedOf({ refunds }: PaymentRecord): number {
  return refunds.reduce((sum, { amount, status }) => (status === "failed" ? sum : sum + amount), 0);
}

/** What a dispute has taken from us, for now or for good. */
export function disputedOf({ dispute }: PaymentRecord): number {
  return dispute?.status === "needs_response" || dispute?.status === "lost" ? dispute.amount : 0;
}
