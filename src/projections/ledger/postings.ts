import type { OrderEvent } from "../../events/orders.js";
import type { PaymentEvent } from "../../events/payments.js";

/** All facts that move money, or what is owed. */
export type LedgerEvent = OrderEvent | PaymentEvent;

/** What buyers owe us; below 0 what we owe them. */
export const receivable = "receivable";
export const revenue = "revenue";
/** Given back of what had been earned: returned goods, goodwill, lost disputes. */
export const refunds = "refunds";
/** What providers keep. */
export const fees = "fees";
/** Taken from us by the buyers' banks until they have decided. */
export const disputed = "disputed";

const cashPrefix = "provider_cash:";

/** Our money at a provider: what it would pay out if it settled now. */
export function providerCash(provider: string): string {
  return cashPrefix + provider;
}

/** One step of double entry: `debit` grows by the amount, `credit` falls by it. */
export interface Posting {
  readonly debit: string;
  readonly credit: string;
  /** Minor units; of 0 nothing is written. */
  readonly amountMinor: number;
  /** Null where the event does not say: that of the order, as it was placed. */
  readonly currency: string | null;
  /** Why, in the event's own word; null where its type says all. */
  readonly cause: string | null;
}

type PostingsOf = { readonly [Type in LedgerEvent["type"]]: ((event: Extract<LedgerEvent, { readonly type: Type }>) => readonly Posting[]) | "ignored" };

/** What each fact does to the accounts. Of every event the amounts debited and credited are the same. */
export const postingsOf: PostingsOf = {
  OrderPlaced: ({ totals: { totalMinor, currency } }) => [post(receivable, revenue, totalMinor, currency)],
  OrderCancelled: ({ revertedMinor, cause }) => [post(revenue, receivable, revertedMinor, null, cause)],
  OrderLinesCancelled: ({ revertedMinor }) => [post(revenue, receivable, revertedMinor, null)],
  OrderReturnInspected: ({ revertedMinor }) => [post(refunds, receivable, revertedMinor, null)],
  OrderReturnArrived: ({ revertedMinor }) => [post(refunds, receivable, revertedMinor, null)],
  OrderReinstated: ({ owedMinor }) => [post(receivable, revenue, owedMinor, null)],
  PaymentCaptured: charged,
  PaymentCapturedTwice: charged,
  PaymentFeeTold: ({ feeMinor, currency, provider }) => [post(fees, providerCash(provider), feeMinor, currency)],
  PaymentRefunded: ({ amountMinor, currency, provider, cause }) => [
    // Nobody had promised this back: it is granted, then paid.
    ...(cause === "GOODWILL" ? [post(refunds, receivable, amountMinor, currency, cause)] : []),
    post(receivable, providerCash(provider), amountMinor, currency, cause),
  ],
  // The refund came to nothing: all that it did is undone. Who was owed it is owed it again.
  RefundReversed: ({ amountMinor, currency, provider, cause }) => [
    post(providerCash(provider), receivable, amountMinor, currency, cause),
    ...(cause === "GOODWILL" ? [post(receivable, refunds, amountMinor, currency, cause)] : []),
  ],
  PaymentDisputed: ({ amountMinor, currency, provider }) => [post(disputed, providerCash(provider), amountMinor, currency)],
  PaymentDisputeClosed: ({ amountMinor, currency, provider, outcome }) => [
    outcome === "won" ? post(providerCash(provider), disputed, amountMinor, currency, outcome) : post(refunds, disputed, amountMinor, currency, outcome),
  ],
  OrderPaid: "ignored",
  OrderPaymentCaptured: "ignored",
  OrderPaymentDeclined: "ignored",
  OrderPaymentRetried: "ignored",
  OrderPaymentUnwanted: "ignored",
  OrderParcelBooked: "ignored",
  OrderAllocated: "ignored",
  OrderShipmentUnwanted: "ignored",
  OrderParcelShipped: "ignored",
  OrderParcelDelivered: "ignored",
  OrderDelivered: "ignored",
  OrderPutOnHold: "ignored",
  OrderResumed: "ignored",
  OrderReturnRequested: "ignored",
  OrderParcelReturning: "ignored",
  OrderParcelStrayed: "ignored",
  PaymentAuthorized: "ignored",
  PaymentAwaited: "ignored",
  PaymentDeclined: "ignored",
  PaymentRetried: "ignored",
  PaymentUnknown: "ignored",
  PaymentFailed: "ignored",
  PaymentVoided: "ignored",
  PaymentInquired: "ignored",
  RefundRequested: "ignored",
  RefundFailed: "ignored",
  PaymentNewsSetAside: "ignored",
};

function post(debit: string, credit: string, amountMinor: number, currency: string | null, cause: string | null = null): Posting {
  return { debit, credit, amountMinor, currency, cause };
}

function charged({ amountMinor, currency, provider, feeMinor = 0 }: Extract<LedgerEvent, { readonly type: "PaymentCaptured" | "PaymentCapturedTwice" }>): readonly Posting[] {
  return [post(providerCash(provider), receivable, amountMinor, currency), post(fees, providerCash(provider), feeMinor, currency)];
}
