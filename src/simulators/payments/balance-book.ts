import type { ChangeLine } from "./payment-lines.js";
import type { PaymentRecord } from "./payment-records.js";

/** A movement on our account at the provider. */
export interface BalanceEntry {
  readonly id: string;
  readonly type: "charge" | "refund" | "refund_failure" | "adjustment";
  /** What came; less than 0 where it went. */
  readonly amount: number;
  readonly fee: number;
  /** In lower case. */
  readonly currency: string;
  readonly created: number;
  /** The charge, refund or dispute that moved it; null where nothing did. */
  readonly source: string | null;
}

/** The id of the movement that an object caused. */
export function entryId(source: string): string {
  return `txn_${source.slice(3)}`;
}

/** All movements there ever were, oldest first, and what they come to. */
export class BalanceBook {
  readonly #entries: BalanceEntry[] = [];
  readonly #places = new Map<string, number>();
  readonly #cash: Record<string, number> = {};

  get entries(): readonly BalanceEntry[] {
    return this.#entries;
  }

  /** Minor units by currency in upper case. */
  get cash(): Readonly<Record<string, number>> {
    return this.#cash;
  }

  entry(id: string): BalanceEntry | undefined {
    const place = this.#places.get(id);
    return place === undefined ? undefined : this.#entries[place];
  }

  place(id: string): number | undefined {
    return this.#places.get(id);
  }

  add(entry: BalanceEntry): void {
    this.#places.set(entry.id, this.#entries.push(entry) - 1);
    addTo(this.#cash, entry.currency, entry.amount - entry.fee);
  }

  /** A planted difference stands on the charge's own movement, where an honest mistake would. */
  #alter(id: string, amount: number): void {
    const place = this.#places.get(id), entry = this.entry(id);
    if (place === undefined || !entry) return;
    this.#entries[place] = { ...entry, amount: entry.amount + amount };
    addTo(this.#cash, entry.currency, amount);
  }

  /** Books what a change of a payment moved. */
  book(line: ChangeLine, payment: PaymentRecord): void {
    const { terms: { currency }, attempt, captured, fee, dispute } = payment;
    const base = { currency, created: line.at, fee: 0 };
    switch (line.t) {
      case "created":
      case "attempted":
      case "captured":
        if (attempt && captured > 0) this.add({ ...base, id: entryId(attempt.chargeId), type: "charge", amount: captured, fee, source: attempt.chargeId });
        return;
      case "refunded":
        this.add({ ...base, id: entryId(line.refund.id), type: "refund", amount: -line.refund.amount, source: line.refund.id });
        return;
      case "refund_settled": {
        const failed = line.failureReason === null ? undefined : payment.refunds.find(({ id }) => id === line.refundId);
        if (failed) this.add({ ...base, id: `${entryId(failed.id)}_failed`, type: "refund_failure", amount: failed.amount, source: failed.id });
        return;
      }
      case "disputed":
      case "dispute_escalated":
        if (dispute?.status === "needs_response") this.add({ ...base, id: entryId(dispute.id), type: "adjustment", amount: -dispute.amount, source: dispute.id });
        return;
      case "dispute_closed":
        if (dispute?.status === "won") this.add({ ...base, id: `${entryId(dispute.id)}_won`, type: "adjustment", amount: dispute.amount, source: dispute.id });
        return;
      case "planted":
        if (attempt) this.#alter(entryId(attempt.chargeId), line.amount);
        return;
      case "canceled":
    }
  }
}

export function addTo(totals: Record<string, number>, currency: string, amount: number): void {
  const name = currency.toUpperCase();
  totals[name] = (totals[name] ?? 0) + amount;
}
