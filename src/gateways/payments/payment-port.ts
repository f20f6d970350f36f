import type { WebhookHeaders, WebhookSource } from "../../platform/http-client/webhook-source.js";

export interface ChargeRequest {
  readonly paymentId: string;
  readonly orderId: string;
  /** Minor units as ISO 4217 has them, more than 0. */
  readonly amountMinor: number;
  readonly currency: string;
  /** A function of order, purpose and attempt, never of the clock: the same key never charges twice. */
  readonly idempotencyKey: string;
}

/** The provider's final word. `providerReference` is its own id of the payment. */
export type ChargeResult =
  | { readonly kind: "captured"; readonly providerReference: string; readonly amountMinor: number; readonly currency: string }
  | { readonly kind: "declined"; readonly code: string };

export interface RefundRequest {
  readonly providerReference: string;
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
  readonly status: "captured" | "failed" | "pending";
  /** Null where the provider knows none: the payment was not made by us. */
  readonly paymentId: string | null;
  readonly orderId: string | null;
  readonly amountMinor: number;
  readonly currency: string;
  readonly refundedMinor: number;
  /** Why it failed; null where it did not. */
  readonly code: string | null;
}

/** A webhook that concerns a payment. */
export interface PaymentNews {
  readonly eventId: string;
  readonly kind: "captured" | "failed" | "refunded";
  readonly providerReference: string;
  readonly paymentId: string | null;
  readonly orderId: string | null;
  /** What was charged, or was to be charged. */
  readonly amountMinor: number;
  readonly currency: string;
  /** All refunds of the payment together; 0 unless `refunded`. */
  readonly refundedMinor: number;
  readonly code: string | null;
  /** RFC 3339, the provider's clock. */
  readonly occurredAt: string;
}

/** Whoever takes the buyer's money for us. Every call throws nothing but `GatewayError`. */
export interface PaymentProvider extends WebhookSource {
  readonly name: string;
  charge(request: ChargeRequest): Promise<ChargeResult>;
  refund(request: RefundRequest): Promise<RefundResult>;
  /** Null where the provider knows no such payment. */
  retrieve(providerReference: string): Promise<ProviderPayment | null>;
  /**
   * Reads a webhook that `verify` accepted when it came. Its signature is not checked again,
   * since by the time its job runs it may be older than the tolerance.
   * @returns null for news that is no payment's
   */
  parseWebhook(rawBody: string, headers: WebhookHeaders, nowMs: number): PaymentNews | null;
  /** Closes all sockets. */
  close(): void;
}
