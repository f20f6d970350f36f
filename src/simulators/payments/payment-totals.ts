import { addTo } from "./balance-book.js";
import { disputedOf, heldOf, refundedOf, releasedOf, type PaymentRecord } from "./payment-records.js";

type ByCurrency = Readonly<Record<string, number>>;

/** The provider's own truth, to compare ours with. Minor units, as Stripe counts them, by currency in upper case. */
export interface PaymentTotals {
  /** Payments of which money was taken. */
  readonly charges: number;
  readonly chargedMinor: ByCurrency;
  /** Attempts that a bank refused. */
  readonly declined: number;
  /** Without those that failed. */
  readonly refunds: number;
  readonly refundedMinor: ByCurrency;
  /** Held at a bank and not taken. */
  readonly heldMinor: ByCurrency;
  /** Held once and let go. */
  readonly releasedMinor: ByCurrency;
  readonly feesMinor: ByCurrency;
  /** Taken from us by disputes that are open or lost. */
  readonly disputedMinor: ByCurrency;
  /** Planted, without a payment. */
  readonly adjustedMinor: ByCurrency;
  /** charged − refunded − fees − disputed + adjusted, added up from the movements of the account. */
  readonly cashMinor: ByCurrency;
  /** Orders (`metadata[order_id]`) from which money was taken, or is held, by more than one payment; at most 100 of them. */
  readonly ordersChargedTwice: readonly string[];
  readonly webhooksWaiting: number;
  /** Never sent, on order. */
  readonly webhooksLost: number;
}

const sums = ["chargedMinor", "refundedMinor", "heldMinor", "releasedMinor", "feesMinor", "disputedMinor"] as const;

/** Kept up with each change, so that asking costs nothing however many payments there are. */
export class PaymentSums {
  readonly #sums: Readonly<Record<typeof sums[number], Record<string, number>>> = {
    chargedMinor: {}, refundedMinor: {}, heldMinor: {}, releasedMinor: {}, feesMinor: {}, disputedMinor: {},
  };
  readonly #takenOfOrder = new Map<string, number>();
  readonly #ordersTwice = new Set<string>();
  #charges = 0;
  #refunds = 0;

  count(before: PaymentRecord | undefined, after: PaymentRecord): void {
    const { currency, metadata } = after.terms;
    const was = before && amountsOf(before), is = amountsOf(after);
    for (const name of sums) {
      const difference = is[name] - (was?.[name] ?? 0);
      if (difference !== 0) addTo(this.#sums[name], currency, difference);
    }
    this.#refunds += goodRefunds(after) - (before ? goodRefunds(before) : 0);
    if (after.captured > 0 && !(before && before.captured > 0)) this.#charges += 1;
    const orderId = metadata["order_id"];
    const taken = Number(isTaken(after)) - Number(before !== undefined && isTaken(before));
    if (orderId !== undefined && taken !== 0) this.#countOrder(orderId, taken);
  }

  totals(): Pick<PaymentTotals, typeof sums[number] | "charges" | "refunds" | "ordersChargedTwice"> {
    const { chargedMinor, refundedMinor, heldMinor, releasedMinor, feesMinor, disputedMinor } = this.#sums;
    return {
      charges: this.#charges, chargedMinor: { ...chargedMinor }, refunds: this.#refunds, refundedMinor: { ...refundedMinor },
      heldMinor: { ...heldMinor }, releasedMinor: { ...releasedMinor }, feesMinor: { ...feesMinor }, disputedMinor: { ...disputedMinor },
      ordersChargedTwice: [...this.#ordersTwice].slice(0, 100),
    };
  }

  #countOrder(orderId: string, more: number): void {
    const taken = (this.#takenOfOrder.get(orderId) ?? 0) + more;
    this.#takenOfOrder.set(orderId, taken);
    if (taken > 1) this.#ordersTwice.add(orderId);
    else this.#ordersTwice.delete(orderId);
  }
}

function amountsOf(payment: PaymentRecord): Record<typeof sums[number], number> {
  return {
    chargedMinor: payment.captured, refundedMinor: refundedOf(payment), heldMinor: heldOf(payment),
    releasedMinor: releasedOf(payment), feesMinor: payment.fee, disputedMinor: disputedOf(payment),
  };
}

function goodRefunds({ refunds }: PaymentRecord): number {
  return refunds.reduce((count, { status }) => (status === "failed" ? count : count + 1), 0);
}

function isTaken(payment: PaymentRecord): boolean {
  return payment.captured > 0 || heldOf(payment) > 0;
}
