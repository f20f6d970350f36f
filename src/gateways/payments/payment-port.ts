import type { WebhookHeaders, WebhookSource } from "../../platform/http-client/webhook-source.js";

/** One attempt to get an order's money. Amounts in minor units as ISO 4217 has them, more than 0. */
export interface AuthorizeRequest {
  readonly paymentId: string;
  readonly orderId: string;
  readonly attempt: number;
  readonly amountMinor: number;
  readonly currency: string;
  /** What the buyer pays with, a token of the provider's; null takes the provider's default. Never card data. */
  readonly token: string | null;
  /** True takes the money at once; false sets it aside until `capture`. */
  readonly capture: boolean;
  /** A function of payment, purpose and attempt, never of the clock: the same key never charges twice. */
  readonly idempotencyKey: string;
}

/**
 * The provider's word on an attempt. `providerReference` is its own id of the payment.
 * `awaited`: the money comes by hand; the buyer has to name the reference.
 */
export type AuthorizeResult =
  | { readonly kind: "captured"; readonly providerReference: string; readonly amountMinor: number; readonly currency: string; readonly feeMinor?: number }
  | { readonly kind: "authorized"; readonly providerReference: string; readonly amountMinor: number; readonly currency: string }
  | { readonly kind: "awaited"; readonly providerReference: string; readonly waitSeconds: number }
  | { readonly kind: "declined"; readonly code: string };

export interface CaptureRequest {
  readonly providerReference: string;
  /** At most what was authorized; the rest is let go. */
  readonly amountMinor: number;
  readonly currency: string;
  readonly idempotencyKey: string;
}

/** `refused`: the authorization is gone, e.g. `expired`, `canceled`; nothing was taken. */
export type CaptureResult =
  | { readonly kind: "captured"; readonly amountMinor: number; readonly currency: string; readonly feeMinor?: number }
  | { readonly kind: "refused"; readonly code: string };

export interface VoidRequest {
  readonly providerReference: string;
  readonly idempotencyKey: string;
}

/** `captured`: too late, the money was taken; refund it. */
export type VoidResult = { readonly kind: "voided" } | { readonly kind: "captured"; readonly amountMinor: number; readonly currency: string };

export interface RefundRequest {
  readonly providerReference: string;
  /** Our own id of the refund: the provider keeps it and tells it with the news. */
  readonly refundId: string;
  readonly paymentId: string;
  readonly orderId: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly idempotencyKey: string;
  /** Our own words, kept beside the refund at the provider. */
  readonly reason: string;
}

/** `refused`: the provider will not give back that much, e.g. `charge_already_refunded`, `amount_too_large`. */
export type RefundResult =
  | { readonly kind: "refunded"; readonly refundReference: string; readonly amountMinor: number; readonly currency: string }
  | { readonly kind: "refused"; readonly code: string };

/** A payment as it stands at the provider now. */
export interface ProviderPayment {
  readonly providerReference: string;
  /** `pending`: neither taken nor refused yet. `voided`: let go, nothing taken. */
  readonly status: "authorized" | "captured" | "failed" | "voided" | "pending";
  /** Null where the provider knows none: the payment was not made by us. */
  readonly paymentId: string | null;
  readonly orderId: string | null;
  /** 1 where the provider does not say. */
  readonly attempt: number;
  /** What was to be taken. */
  readonly amountMinor: number;
  readonly capturedMinor: number;
  readonly currency: string;
  readonly refundedMinor: number;
  /** What the provider keeps; null where it does not say. */
  readonly feeMinor: number | null;
  readonly disputed: boolean;
  /** Why it failed; null where it did not. */
  readonly code: string | null;
  /** RFC 3339, the provider's clock. */
  readonly createdAt: string;
}

export interface ListRequest {
  /** RFC 3339, by the provider's clock: created at or after `from` and before `to`. */
  readonly from: string;
  readonly to: string;
  /** Where the page before ended; null for the first. */
  readonly cursor: string | null;
}

export interface PaymentPage {
  readonly payments: readonly ProviderPayment[];
  /** Null where this was the last page. */
  readonly cursor: string | null;
}

interface NewsOfPayment {
  /** The provider's id of the news. */
  readonly eventId: string;
  readonly providerReference: string;
  /**
   * Null where the news does not say, as a dispute's never does: `retrieve(providerReference)` then knows the payment, its
   * order and its attempt; a payment for which that finds none either was not made by us.
   */
  readonly paymentId: string | null;
  readonly orderId: string | null;
  /** 1 where the news does not say; `retrieve` knows. */
  readonly attempt: number;
  readonly amountMinor: number;
  readonly currency: string;
  /** RFC 3339, the provider's clock. */
  readonly occurredAt: string;
}

/** A webhook that concerns a payment. `amountMinor` is what the news speaks of: charged, refused, refunded by this refund, disputed. */
export type PaymentNews =
  | NewsOfPayment & { readonly kind: "authorized" | "voided" }
  | NewsOfPayment & { readonly kind: "captured"; readonly feeMinor?: number }
  | NewsOfPayment & { readonly kind: "failed"; readonly code: string }
  /** `refundId` is null where the refund was not made by us. */
  | NewsOfPayment & { readonly kind: "refunded"; readonly refundReference: string; readonly refundId: string | null }
  | NewsOfPayment & { readonly kind: "refund_failed"; readonly refundReference: string; readonly refundId: string | null; readonly code: string }
  /** The bank asks and has taken nothing; `isOver` when it asks no more. Should it dispute the payment, that has the same reference. */
  | NewsOfPayment & { readonly kind: "inquired"; readonly disputeReference: string; readonly reason: string; readonly isOver: boolean }
  | NewsOfPayment & { readonly kind: "disputed"; readonly disputeReference: string; readonly reason: string }
  | NewsOfPayment & { readonly kind: "dispute_closed"; readonly disputeReference: string; readonly outcome: "won" | "lost" };

/**
 * Whoever takes the buyer's money for us. Every call throws nothing but `GatewayError`; one that is `inDoubt` may have done
 * what was asked, and is repeated with the same key or asked after before anything else is tried.
 */
export interface PaymentProvider {
  /** Stands on every fact of a payment, e.g. `stripe`, `bank_transfer`. */
  readonly name: string;
  authorize(request: AuthorizeRequest): Promise<AuthorizeResult>;
  capture(request: CaptureRequest): Promise<CaptureResult>;
  void(request: VoidRequest): Promise<VoidResult>;
  refund(request: RefundRequest): Promise<RefundResult>;
  /** Null where the provider knows no such payment. */
  retrieve(providerReference: string): Promise<ProviderPayment | null>;
  /**
   * The payments that the provider keeps under our id, for an attempt whose answer was lost. What was made a moment ago may
   * be missing: only what is found is certain.
   */
  find(paymentId: string): Promise<readonly ProviderPayment[]>;
  /** Newest first, in pages. */
  list(request: ListRequest): Promise<PaymentPage>;
  /** How long the provider remembers a key: a repetition after that might charge anew. Seconds. */
  readonly keyKeptSeconds: number;
  /** Closes all sockets. */
  close(): void;
}

/** A provider that tells by webhook. */
export interface TellingProvider extends PaymentProvider, WebhookSource {
  /**
   * Reads a webhook that `verify` accepted when it came. Its signature is not checked again,
   * since by the time its job runs it may be older than the tolerance.
   * @returns null for news that is no payment's
   */
  parseWebhook(rawBody: string, headers: WebhookHeaders, nowMs: number): PaymentNews | null;
}
