import { closeDispute, escalateDispute, openDispute } from "./disputes.js";
import { knownIntent } from "./intent-actions.js";
import type { PaymentLedger } from "./payment-ledger.js";
import { newestFirst } from "./payment-pages.js";
import { disputedOf, heldOf, refundedOf, releasedOf, type DisputeRecord, type PaymentEvent, type PaymentRecord, type PaymentStatus } from "./payment-records.js";
import { settleRefund } from "./refund-actions.js";
import { refusal, unknownObject } from "./stripe-errors.js";

/** A payment in the provider's own books. Minor units as Stripe counts them. */
export interface PaymentRow {
  readonly paymentIntent: string;
  readonly charge: string | null;
  readonly orderId: string | null;
  readonly paymentId: string | null;
  readonly status: PaymentStatus;
  readonly currency: string;
  readonly amountMinor: number;
  readonly heldMinor: number;
  readonly capturedMinor: number;
  readonly releasedMinor: number;
  readonly refundedMinor: number;
  readonly feeMinor: number;
  readonly disputedMinor: number;
  /** What of it is on our account: captured − refunded − fee − disputed. */
  readonly cashMinor: number;
  readonly createdAt: string;
}

export interface PaymentRowsRequest {
  readonly orderId?: string | undefined;
  readonly paymentId?: string | undefined;
  /** The last payment intent of the page before. */
  readonly after?: string | undefined;
  /** At most 1,000; default 100. */
  readonly limit?: number | undefined;
}

/** Without a payment the money comes or goes on the account alone. */
export type PlantedDifference =
  | { readonly paymentIntent: string; readonly amountMinor: number }
  | { readonly currency: string; readonly amountMinor: number };

export interface PaymentControlsOptions {
  readonly ledger: PaymentLedger;
  tell(events: readonly PaymentEvent[]): void;
  readonly nowMs: () => number;
}

/** What happens at a provider without a call of ours, on order. All throw StripeProblem where it is not possible. */
export class PaymentControls {
  readonly #ledger: PaymentLedger;
  readonly #options: PaymentControlsOptions;

  constructor(options: PaymentControlsOptions) {
    this.#ledger = options.ledger;
    this.#options = options;
  }

  /** Newest first. */
  rows({ orderId, paymentId, after, limit = 100 }: PaymentRowsRequest): readonly PaymentRow[] {
    const some = orderId === undefined
      ? paymentId === undefined ? null : this.#ledger.byMetadata("payment_id", paymentId)
      : this.#ledger.byMetadata("order_id", orderId);
    if (some) return some.slice(-limit).reverse().map(rowOf);
    const rows: PaymentRow[] = [];
    const place = after === undefined ? null : this.#ledger.place(after);
    if (place === undefined) throw unknownObject("payment_intent", after ?? "", "after", true);
    for (const payment of newestFirst(this.#ledger.payments, place) ?? []) {
      if (rows.length === limit) break;
      rows.push(rowOf(payment));
    }
    return rows;
  }

  /** Makes the books wrong, so that a test can see whether it is found. */
  plant(difference: PlantedDifference): void {
    if ("currency" in difference) return this.#ledger.adjust(difference.currency.toLowerCase(), difference.amountMinor, this.#at());
    const { captured } = knownIntent(this.#ledger, difference.paymentIntent);
    if (captured === 0 || captured + difference.amountMinor <= 0) {
      throw refusal("Only what was captured can be made to look different, and not to nothing.", { param: "paymentIntent" });
    }
    this.#ledger.keep({ t: "planted", id: difference.paymentIntent, amount: difference.amountMinor }, null, this.#at());
  }

  /** The bank lets go what it held, as it does after some seven days. */
  expire(paymentIntent: string): void {
    const payment = knownIntent(this.#ledger, paymentIntent);
    if (heldOf(payment) === 0) throw refusal(`Nothing is held for ${paymentIntent}: it is ${payment.status}.`, { param: "paymentIntent" });
    this.#options.tell(this.#ledger.keep({ t: "canceled", id: paymentIntent, reason: "automatic" }, null, this.#at()).events);
  }

  /** Stripe keeps keys for a day; a call that is repeated after that is done again. */
  forgetKeys(): void {
    this.#ledger.forgetKeys();
  }

  openDispute(paymentIntent: string, amountMinor: number | null = null, reason = "fraudulent", inquiry = false): DisputeRecord {
    const { dispute, events } = openDispute(this.#ledger, { paymentIntent, amount: amountMinor, reason, inquiry }, this.#at());
    this.#options.tell(events);
    return dispute;
  }

  escalateDispute(disputeId: string): void {
    this.#options.tell(escalateDispute(this.#ledger, disputeId, this.#at()));
  }

  closeDispute(disputeId: string, outcome: "won" | "lost"): void {
    this.#options.tell(closeDispute(this.#ledger, disputeId, outcome === "won", this.#at()));
  }

  failRefund(refundId: string, reason = "expired_or_canceled_card"): void {
    this.#options.tell(settleRefund(this.#ledger, refundId, reason, this.#at()));
  }

  #at(): number {
    return Math.floor(this.#options.nowMs() / 1_000);
  }
}

function rowOf(payment: PaymentRecord): PaymentRow {
  const { terms, attempt, captured, fee, status } = payment;
  const refunded = refundedOf(payment), disputed = disputedOf(payment);
  return {
    paymentIntent: terms.id, charge: attempt?.chargeId ?? null, orderId: terms.metadata["order_id"] ?? null, paymentId: terms.metadata["payment_id"] ?? null,
    status, currency: terms.currency.toUpperCase(), amountMinor: terms.amount, heldMinor: heldOf(payment), capturedMinor: captured,
    releasedMinor: releasedOf(payment), refundedMinor: refunded, feeMinor: fee, disputedMinor: disputed, cashMinor: captured - refunded - fee - disputed,
    createdAt: new Date(terms.created * 1_000).toISOString(),
  };
}
