import { randomUUID } from "node:crypto";
import { Journal } from "../journal.js";
import type { IntentRecord, KeyRecord, PaymentEvent, PaymentLine, RefundRecord } from "./payment-records.js";

/** What a request with a key was answered with. */
export type KeptAnswer = { readonly hash: string } & (
  | { readonly intent: IntentRecord; readonly refund: null }
  | { readonly intent: IntentRecord; readonly refund: RefundRecord }
);

/** The provider's own truth, to compare ours with. Minor units by currency in upper case. */
export interface PaymentTotals {
  readonly charges: number;
  readonly chargedMinor: Readonly<Record<string, number>>;
  readonly declined: number;
  readonly refunds: number;
  readonly refundedMinor: Readonly<Record<string, number>>;
  /** Orders (`metadata[order_id]`) with more than one successful charge, at most 100 of them. */
  readonly ordersChargedTwice: readonly string[];
  readonly webhooksWaiting: number;
}

/** All charges and refunds there ever were, in memory and in the journal. */
export class PaymentLedger {
  readonly #journal: Journal<PaymentLine>;
  readonly #intents: IntentRecord[] = [];
  readonly #places = new Map<string, number>();
  readonly #intentOfCharge = new Map<string, IntentRecord>();
  readonly #refunded = new Map<string, number>();
  readonly #answers = new Map<string, KeptAnswer>();
  readonly #unsettled = new Map<string, PaymentEvent>();
  readonly #chargesOfOrder = new Map<string, number>();
  readonly #charged: Record<string, number> = {};
  readonly #refundedIn: Record<string, number> = {};
  #declined = 0;
  #refunds = 0;

  constructor(dataFile: string | undefined) {
    this.#journal = Journal.open<PaymentLine>(dataFile, (line) => { this.#apply(line); });
  }

  answerOf(key: string): KeptAnswer | undefined {
    return this.#answers.get(key);
  }

  intent(id: string): IntentRecord | undefined {
    const place = this.#places.get(id);
    return place === undefined ? undefined : this.#intents[place];
  }

  intentOfCharge(chargeId: string): IntentRecord | undefined {
    return this.#intentOfCharge.get(chargeId);
  }

  refundedOf(intentId: string): number {
    return this.#refunded.get(intentId) ?? 0;
  }

  get size(): number {
    return this.#intents.length;
  }

  /**
   * Newest first, those that `fits` accepts.
   * @param after id of the last one of the page before; null begins with the newest
   * @returns one more than `limit` where there are more
   */
  page(after: string | null, limit: number, fits: (intent: IntentRecord) => boolean): readonly IntentRecord[] {
    const found: IntentRecord[] = [];
    const from = after === null ? this.#intents.length : this.#places.get(after) ?? 0;
    for (let place = from - 1; place >= 0 && found.length <= limit; place -= 1) {
      const intent = this.#intents[place];
      if (intent && fits(intent)) found.push(intent);
    }
    return found;
  }

  keepIntent(intent: IntentRecord, by: KeyRecord | null): PaymentEvent {
    return this.#keep({ t: "intent", by, eventId: newStripeId("evt"), intent }, { intent, refund: null });
  }

  keepRefund(refund: RefundRecord, intent: IntentRecord, by: KeyRecord | null): PaymentEvent {
    return this.#keep({ t: "refund", by, eventId: newStripeId("evt"), refund }, { intent, refund });
  }

  /** Events whose webhook is neither delivered nor given up. */
  unsettled(): readonly PaymentEvent[] {
    return [...this.#unsettled.values()];
  }

  settle(eventId: string): void {
    if (this.#unsettled.delete(eventId)) this.#journal.appendLazily({ t: "settled", eventId });
  }

  totals(): PaymentTotals {
    const twice = [...this.#chargesOfOrder].filter(([, charges]) => charges > 1).map(([orderId]) => orderId);
    return {
      charges: this.#intents.length - this.#declined, chargedMinor: { ...this.#charged }, declined: this.#declined,
      refunds: this.#refunds, refundedMinor: { ...this.#refundedIn },
      ordersChargedTwice: twice.slice(0, 100), webhooksWaiting: this.#unsettled.size,
    };
  }

  close(): void {
    this.#journal.close();
  }

  #keep(line: Exclude<PaymentLine, { t: "settled" }>, subject: Omit<PaymentEvent, "id">): PaymentEvent {
    this.#write(line);
    return { id: line.eventId, ...subject };
  }

  /** First the journal: what cannot be written did not happen. */
  #write(line: PaymentLine): void {
    this.#journal.append(line);
    this.#apply(line);
  }

  #apply(line: PaymentLine): void {
    switch (line.t) {
      case "intent": return this.#applyIntent(line.intent, line.by, line.eventId);
      case "refund": return this.#applyRefund(line.refund, line.by, line.eventId);
      case "settled": this.#unsettled.delete(line.eventId);
    }
  }

  #applyIntent(intent: IntentRecord, by: KeyRecord | null, eventId: string): void {
    this.#places.set(intent.id, this.#intents.push(intent) - 1);
    this.#intentOfCharge.set(intent.chargeId, intent);
    if (by) this.#answers.set(by.key, { hash: by.hash, intent, refund: null });
    this.#unsettled.set(eventId, { id: eventId, intent, refund: null });
    if (intent.decline) {
      this.#declined += 1;
      return;
    }
    add(this.#charged, intent.currency, intent.amount);
    const orderId = intent.metadata["order_id"];
    if (orderId !== undefined) this.#chargesOfOrder.set(orderId, (this.#chargesOfOrder.get(orderId) ?? 0) + 1);
  }

  #applyRefund(refund: RefundRecord, by: KeyRecord | null, eventId: string): void {
    const intent = this.intent(refund.intentId);
    if (!intent) throw new Error(`refund ${refund.id} is of no charge`);
    this.#refunds += 1;
    this.#refunded.set(intent.id, refund.refundedInAll);
    add(this.#refundedIn, intent.currency, refund.amount);
    if (by) this.#answers.set(by.key, { hash: by.hash, intent, refund });
    this.#unsettled.set(eventId, { id: eventId, intent, refund });
  }
}

/** Looks like Stripe's: a prefix that tells the kind, then letters and digits. */
export function newStripeId(prefix: string): string {
  return `${prefix}_${randomUUID().replaceAll("-", "").slice(0, 24)}`;
}

function add(totals: Record<string, number>, currency: string, amount: number): void {
  const name = currency.toUpperCase();
  totals[name] = (totals[name] ?? 0) + amount;
}
