import { randomUUID } from "node:crypto";
import { Journal } from "../journal.js";
import type { SimulatorAnswer } from "../simulator-server.js";
import { addTo, BalanceBook } from "./balance-book.js";
import type { Kept, KeptAnswer, MadeAnswer } from "./kept-answers.js";
import { changed, eventsOf } from "./payment-changes.js";
import { upcast, type ChangeLine, type PaymentChange, type PaymentLine } from "./payment-lines.js";
import type { KeyRecord, PaymentEvent, PaymentRecord } from "./payment-records.js";
import { PaymentSums, type PaymentTotals } from "./payment-totals.js";

/** The metadata by which payments are looked for, so that a search need not look at all of them. */
const indexedMetadata = ["payment_id", "order_id"] as const;

/** All payments there ever were, in memory and in the journal. */
export class PaymentLedger {
  readonly balance = new BalanceBook();
  readonly #journal: Journal<PaymentLine>;
  readonly #payments: PaymentRecord[] = [];
  /** Places of payments by the ids of intents, charges, refunds and disputes, and by `name=value` of the metadata. */
  readonly #places = new Map<string, number>();
  readonly #placesOfMetadata = new Map<string, number[]>();
  readonly #disputed: number[] = [];
  /** Failed attempts that were followed by another, by charge. */
  readonly #earlier = new Map<string, PaymentRecord>();
  readonly #answers = new Map<string, KeptAnswer>();
  readonly #unsettled = new Map<string, PaymentEvent>();
  readonly #sums = new PaymentSums();
  readonly #adjusted: Record<string, number> = {};
  #declined = 0;
  #lost = 0;

  constructor(dataFile: string | undefined) {
    this.#journal = Journal.open<PaymentLine>(dataFile, (line) => { this.#apply(upcast(line)); });
  }

  get size(): number {
    return this.#payments.length;
  }

  /** Oldest first. */
  get payments(): readonly PaymentRecord[] {
    return this.#payments;
  }

  answerOf(key: string): KeptAnswer | undefined {
    return this.#answers.get(key);
  }

  /** @param id of the intent, its charge, a refund or a dispute */
  payment(id: string): PaymentRecord | undefined {
    const place = this.#places.get(id);
    return place === undefined ? undefined : this.#payments[place];
  }

  place(id: string): number | undefined {
    return this.#places.get(id);
  }

  /** The payment as it was when that charge was its latest one. */
  paymentOfCharge(chargeId: string): PaymentRecord | undefined {
    return this.#earlier.get(chargeId) ?? this.payment(chargeId);
  }

  /** Null where the metadata of that name is not indexed. Oldest first. */
  byMetadata(name: string, value: string): readonly PaymentRecord[] | null {
    if (!indexedMetadata.some((indexed) => indexed === name)) return null;
    return this.#at(this.#placesOfMetadata.get(`${name}=${value}`) ?? []);
  }

  /** Payments with a dispute, oldest first. */
  disputed(): readonly PaymentRecord[] {
    return this.#at(this.#disputed);
  }

  keep(change: PaymentChange, by: KeyRecord | null, at: number): Kept {
    const line: ChangeLine = { ...change, by, eventId: newStripeId("evt"), at };
    // First the journal: what cannot be written did not happen.
    this.#journal.append(line);
    return this.#applyChange(line);
  }

  keepRefusal(by: KeyRecord, { status, body }: SimulatorAnswer): void {
    this.#write({ t: "refused", by, status, body });
  }

  adjust(currency: string, amount: number, at: number): void {
    this.#write({ t: "adjusted", id: newStripeId("txn"), currency, amount, at });
  }

  /** From now on every key is new. */
  forgetKeys(): void {
    this.#write({ t: "keys_forgotten" });
  }

  /** Events whose webhook is neither delivered nor given up. */
  unsettled(): readonly PaymentEvent[] {
    return [...this.#unsettled.values()];
  }

  settle(eventId: string, lost = false): void {
    if (!this.#unsettled.delete(eventId)) return;
    if (lost) this.#lost += 1;
    this.#journal.appendLazily(lost ? { t: "settled", eventId, lost } : { t: "settled", eventId });
  }

  totals(): PaymentTotals {
    return {
      ...this.#sums.totals(), declined: this.#declined, adjustedMinor: { ...this.#adjusted }, cashMinor: { ...this.balance.cash },
      webhooksWaiting: this.#unsettled.size, webhooksLost: this.#lost,
    };
  }

  close(): void {
    this.#journal.close();
  }

  #at(places: readonly number[]): readonly PaymentRecord[] {
    return places.flatMap((place) => this.#payments[place] ?? []);
  }

  #write(line: PaymentLine): void {
    this.#journal.append(line);
    this.#apply(line);
  }

  #apply(line: PaymentLine): void {
    switch (line.t) {
      case "adjusted":
        this.balance.add({ id: line.id, type: "adjustment", amount: line.amount, fee: 0, currency: line.currency, created: line.at, source: null });
        return addTo(this.#adjusted, line.currency, line.amount);
      case "refused":
        this.#answers.set(line.by.key, { hash: line.by.hash, kind: "refused", answer: { status: line.status, body: line.body } });
        return;
      case "keys_forgotten":
        this.#answers.clear();
        return;
      case "settled":
        if (this.#unsettled.delete(line.eventId) && line.lost) this.#lost += 1;
        return;
      default:
        this.#applyChange(line);
    }
  }

  #applyChange(line: ChangeLine): Kept {
    const before = line.t === "created" ? undefined : this.payment(line.id);
    const payment = changed(before, line);
    this.#store(line, before, payment);
    this.#sums.count(before, payment);
    this.balance.book(line, payment);
    const tried = line.t === "created" || line.t === "attempted";
    const declined = tried && Boolean(line.attempt?.decline);
    if (declined) this.#declined += 1;
    const made: MadeAnswer = line.t === "refunded" ? { kind: "refund", payment, refund: line.refund } : { kind: "payment", payment, declined };
    const { by } = line;
    if (by) this.#answers.set(by.key, by.broken ? { hash: by.hash, kind: "broken" } : { hash: by.hash, kind: "made", made });
    const events = eventsOf(line, before, payment);
    for (const event of events) this.#unsettled.set(event.id, event);
    return { payment, events, made };
  }

  #store(line: ChangeLine, before: PaymentRecord | undefined, payment: PaymentRecord): void {
    const { id, metadata } = payment.terms;
    const place = this.#places.get(id) ?? this.#payments.length;
    this.#payments[place] = payment;
    switch (line.t) {
      case "created":
        this.#places.set(id, place);
        if (line.attempt) this.#places.set(line.attempt.chargeId, place);
        for (const name of indexedMetadata) if (metadata[name] !== undefined) this.#index(`${name}=${metadata[name]}`, place);
        return;
      case "attempted":
        if (before?.attempt) this.#earlier.set(before.attempt.chargeId, before);
        this.#places.set(line.attempt.chargeId, place);
        return;
      case "refunded":
        this.#places.set(line.refund.id, place);
        return;
      case "disputed":
        this.#places.set(line.dispute.id, place);
        this.#disputed.push(place);
        return;
      case "captured":
      case "canceled":
      case "refund_settled":
      case "dispute_escalated":
      case "dispute_closed":
      case "planted":
    }
  }

  #index(name: string, place: number): void {
    const places = this.#placesOfMetadata.get(name);
    if (places) places.push(place);
    else this.#placesOfMetadata.set(name, [place]);
  }
}

/** Looks like Stripe's: a prefix that tells the kind, then letters and digits. */
export function newStripeId(prefix: string): string {
  return `${prefix}_${randomUUID().replaceAll("-", "").slice(0, 24)}`;
}
