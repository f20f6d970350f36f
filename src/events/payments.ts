/** The provider took the money. Amounts in minor units. */
export interface PaymentCaptured {
  readonly type: "PaymentCaptured";
  readonly paymentId: string;
  readonly orderId: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly provider: string;
  /** The provider's own id of the charge. */
  readonly providerReference: string;
}

/** The provider said no, finally; nothing was charged. */
export interface PaymentFailed {
  readonly type: "PaymentFailed";
  readonly paymentId: string;
  readonly orderId: string;
  /** The provider's reason, e.g. `card_declined`. */
  readonly code: string;
}

export interface PaymentRefunded {
  readonly type: "PaymentRefunded";
  readonly paymentId: string;
  readonly orderId: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly refundReference: string;
  readonly reason: string;
}

export type PaymentEvent = PaymentCaptured | PaymentFailed | PaymentRefunded;

export type PaymentStatus =
  "PENDING" | "AUTHORIZED" | "CAPTURED" | "FAILED" | "UNKNOWN" | "PARTIALLY_REFUNDED" | "REFUNDED" | "DISPUTED";
