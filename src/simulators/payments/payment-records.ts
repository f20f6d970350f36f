/** A PaymentIntent with its one charge, as little of it as the rest can be made from. Never changed. */
export interface IntentRecord {
  readonly id: string;
  readonly chargeId: string;
  readonly amount: number;
  /** In lower case, as at Stripe. */
  readonly currency: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly paymentMethod: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Null where the charge succeeded. */
  readonly decline: Decline | null;
}

export interface Decline {
  readonly code: string;
  readonly declineCode: string;
  readonly message: string;
}

export interface RefundRecord {
  readonly id: string;
  readonly intentId: string;
  readonly amount: number;
  /** All refunds of the charge together, this one included. */
  readonly refundedInAll: number;
  readonly reason: string | null;
  readonly created: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The request that made a record: the same key gets the same answer again. */
export interface KeyRecord {
  readonly key: string;
  /** Hash of path and parameters. */
  readonly hash: string;
}

/** One line of the journal. */
export type PaymentLine =
  | { readonly t: "intent"; readonly by: KeyRecord | null; readonly eventId: string; readonly intent: IntentRecord }
  | { readonly t: "refund"; readonly by: KeyRecord | null; readonly eventId: string; readonly refund: RefundRecord }
  | { readonly t: "settled"; readonly eventId: string };

/** What happened, for the webhook that tells of it. */
export interface PaymentEvent {
  readonly id: string;
  readonly intent: IntentRecord;
  readonly refund: RefundRecord | null;
}

/** Test cards by Stripe's names; every other one works. */
export const declines: ReadonlyMap<string, Decline> = new Map([
  ["pm_card_chargeDeclined", { code: "card_declined", declineCode: "generic_decline", message: "Your card was declined." }],
  ["pm_card_chargeDeclinedInsufficientFunds", { code: "card_declined", declineCode: "insufficient_funds", message: "Your card has insufficient funds." }],
  ["pm_card_authenticationRequired", { code: "authentication_required", declineCode: "authentication_required", message: "Your card was declined. This transaction requires authentication." }],
]);
