import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { paymentDecider, type Payment, type PaymentCommand } from "../../src/commands/payments/payment.decider.js";
import { refundableMinor } from "../../src/commands/payments/refund-rules.js";
import type { OrderCancelled } from "../../src/events/orders.js";
import type { RefundCause } from "../../src/events/payments.js";
import { Refusal } from "../../src/kernel/refusal.js";
import { isSettled, moneyOf } from "../../src/projections/ledger/order-money.js";
import type { LedgerEvent } from "../../src/projections/ledger/postings.js";
import { linesOf, orderId, paymentId } from "./books.js";

const of = { orderId, paymentId };
const [currency, provider] = ["EUR", "stripe"];
const pending = { shipmentIds: [], stock: [], refundPaymentId: paymentId };

type Step = (life: Life) => void;

/** One order and its payment: the payment by its real rules, the order by the plainest that can be. */
class Life {
  readonly events: LedgerEvent[];
  /** Money that the provider moved, as it would say itself. */
  cashMinor = 0;
  #payment: Payment = paymentDecider.initial;
  #owedMinor: number;
  #cancelled: OrderCancelled["cause"] | null = null;
  #number = 0;

  constructor(readonly totalMinor: number) {
    this.#owedMinor = totalMinor;
    this.events = [{ type: "OrderPlaced", orderId, customerId: "ann", lines: [], stock: [], totals: { currency, linesMinor: totalMinor, shippingMinor: 0, taxMinor: 0, totalMinor } }];
  }

  charge(kind: "RecordAuthorization" | "RecordCapture", part: number, feeMinor?: number): void {
    if (this.#owedMinor === 0 && this.#cancelled === null) return;
    // Of an order that was called off the whole is asked for, as it was when the call went out.
    const expected = this.#cancelled === null ? this.#owedMinor : this.totalMinor;
    const reference = part === 0 ? "pi_1" : `pi_${String(part)}`;
    this.#pay({ type: kind, ...of, attempt: 1, amountMinor: expected, currency, provider, providerReference: reference, expected: { amountMinor: expected, currency }, newsId: null, ...(feeMinor === undefined ? {} : { feeMinor }) });
    if (this.#payment.capturedMinor > 0 && (this.#cancelled === "payment" || this.#cancelled === "payment_deadline")) this.#reinstate();
  }

  tellFee(feeMinor: number): void {
    this.#pay({ type: "RecordFee", ...of, feeMinor });
  }

  cancel(cause: OrderCancelled["cause"]): void {
    const isPaid = this.#payment.capturedMinor > 0;
    if (this.#cancelled !== null || (isPaid && cause.startsWith("payment"))) return;
    this.events.push({ type: "OrderCancelled", orderId, reason: cause, cause, revertedMinor: this.#owedMinor, ...pending });
    this.#owedMinor = 0;
    this.#cancelled = cause;
  }

  /** @param kind whether lines are called off, or came back */
  revert(kind: "LINES_CANCELLED" | "RETURNED", minor: number): void {
    const revertedMinor = Math.min(minor, this.#owedMinor);
    const isPaid = this.#payment.capturedMinor > 0;
    if (this.#cancelled !== null || revertedMinor === 0 || (kind === "RETURNED" && !isPaid) || (!isPaid && revertedMinor === this.#owedMinor)) return;
    this.#owedMinor -= revertedMinor;
    this.events.push(kind === "RETURNED"
      ? { type: "OrderReturnInspected", orderId, returnId: this.#next("rt"), inspected: [], revertedMinor, complete: false, refundPaymentId: paymentId, stock: [] }
      : { type: "OrderLinesCancelled", orderId, customerId: "ann", reason: "too many", cancelled: [], revertedMinor, packing: 2, ...pending });
    if (isPaid) this.#request(revertedMinor, kind);
  }

  goodwill(minor: number): void {
    if (!this.#hasOpenDispute()) this.#request(minor, "GOODWILL");
  }

  /** Somebody pays back at the provider, beside us: never more than is there. */
  refundBeside(minor: number): void {
    if (this.#hasOpenDispute() || minor > refundableMinor(this.#payment)) return;
    this.#pay({ type: "RecordRefund", ...of, refundId: null, amountMinor: minor, currency, refundReference: this.#next("re"), reason: "beside us" });
  }

  /** A refund comes back to the provider after it was told as done. One of a charge that came twice is a person's to repeat. */
  reverse(): void {
    const done = [...this.#payment.refunds].find(([, { state, cause }]) => state === "done" && cause !== "CAPTURED_TWICE");
    if (done) this.#pay({ type: "RecordRefundFailure", ...of, refundId: done[0], refundReference: done[1].reference, code: "expired_card" });
  }

  dispute(share: number): void {
    const amountMinor = Math.ceil(refundableMinor(this.#payment) / share);
    if (amountMinor === 0 || this.#payment.disputes.size > 0) return;
    this.#pay({ type: "RecordDispute", ...of, disputeReference: "dp_1", amountMinor, currency, reason: "fraudulent" });
  }

  closeDispute(outcome: "won" | "lost"): void {
    const known = this.events.find((event) => event.type === "PaymentDisputed");
    if (known && this.#hasOpenDispute()) this.#pay({ type: "CloseDispute", ...of, disputeReference: "dp_1", outcome, amountMinor: known.amountMinor, currency });
  }

  /** The provider gives what it was asked for. */
  answer(): void {
    for (const [refundId, { amountMinor, state }] of this.#payment.refunds) {
      if (state === "requested") this.#pay({ type: "RecordRefund", ...of, refundId, amountMinor, currency, refundReference: this.#next("re"), reason: "asked for" });
    }
  }

  /** Everything that is under way comes to its end. */
  end(): void {
    this.closeDispute("won");
    if (this.#cancelled === null && this.#payment.capturedMinor === 0) this.charge("RecordCapture", 0);
    if (this.#cancelled !== null) this.#pay({ type: "RequestRefund", ...of, refundId: "cancelled", amountMinor: "all", keepMinor: 0, cause: "ORDER_CANCELLED", reason: "called off" });
    for (const { amountMinor, state, cause } of this.#payment.refunds.values()) {
      if (state === "failed" && cause !== "CAPTURED_TWICE") this.#request(amountMinor, "GOODWILL");
    }
    this.answer();
  }

  #reinstate(): void {
    this.#cancelled = null;
    // What had been reverted before it was called off stays so: it goes back.
    this.#owedMinor = this.events.reduce((owed, event) => (event.type === "OrderCancelled" ? event.revertedMinor : owed), 0);
    this.events.push({ type: "OrderReinstated", orderId, customerId: "ann", paymentId, lines: [], owedMinor: this.#owedMinor, stock: [] });
    if (this.totalMinor > this.#owedMinor) this.#request(this.totalMinor - this.#owedMinor, "LINES_CANCELLED");
  }

  #request(amountMinor: number, cause: RefundCause): void {
    this.#pay({ type: "RequestRefund", ...of, refundId: this.#next("r"), amountMinor, keepMinor: this.#owedMinor, cause, reason: cause });
  }

  #pay(command: PaymentCommand): void {
    try {
      for (const event of paymentDecider.decide(command, this.#payment)) {
        this.#payment = paymentDecider.evolve(this.#payment, event);
        this.events.push(event);
        if (event.type === "PaymentCaptured" || event.type === "PaymentCapturedTwice") this.cashMinor += event.amountMinor - (event.feeMinor ?? 0);
        if (event.type === "PaymentFeeTold") this.cashMinor -= event.feeMinor;
        if (event.type === "PaymentRefunded" || event.type === "PaymentDisputed") this.cashMinor -= event.amountMinor;
        if (event.type === "RefundReversed" || (event.type === "PaymentDisputeClosed" && event.outcome === "won")) this.cashMinor += event.amountMinor;
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }

  #hasOpenDispute(): boolean {
    return [...this.#payment.disputes.values()].includes("open");
  }

  #next(kind: string): string {
    this.#number += 1;
    return `${kind}_${String(this.#number)}`;
  }
}

const minor = fc.integer({ min: 1, max: 6_000 });
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(fc.constantFrom("RecordAuthorization", "RecordCapture"), fc.constantFrom(0, 0, 0, 2), fc.option(fc.integer({ min: 0, max: 300 }), { nil: undefined }))
    .map(([kind, part, fee]): Step => (life) => { life.charge(kind, part, fee); }),
  fc.integer({ min: 0, max: 300 }).map((fee): Step => (life) => { life.tellFee(fee); }),
  fc.constantFrom<OrderCancelled["cause"]>("request", "payment", "payment_deadline", "hold").map((cause): Step => (life) => { life.cancel(cause); }),
  fc.tuple(fc.constantFrom("LINES_CANCELLED", "RETURNED"), minor).map(([kind, amount]): Step => (life) => { life.revert(kind, amount); }),
  minor.map((amount): Step => (life) => { life.goodwill(amount); }),
  minor.map((amount): Step => (life) => { life.refundBeside(amount); }),
  fc.constant<Step>((life) => { life.answer(); }),
  fc.constant<Step>((life) => { life.reverse(); }),
  fc.constantFrom(1, 2).map((share): Step => (life) => { life.dispute(share); }),
  fc.constantFrom("won", "lost").map((outcome): Step => (life) => { life.closeDispute(outcome); }),
);
const histories = fc.tuple(fc.integer({ min: 0, max: 5_000 }), fc.array(steps, { maxLength: 12 }));

describe("whatever happens to an order", () => {
  it("each event balances, the cash is the provider's, and at the end nobody owes anything", () => {
    fc.assert(fc.property(histories, ([totalMinor, history]) => {
      const life = new Life(totalMinor);
      for (const step of history) step(life);
      life.end();
      const lines = linesOf(...life.events);
      const perEvent = new Map<number, number>();
      for (const { position, amountMinor } of lines) perEvent.set(position, (perEvent.get(position) ?? 0) + amountMinor);
      expect([...perEvent.values()].filter((sum) => sum !== 0)).toEqual([]);
      expect(lines.every(({ amountMinor }) => Number.isInteger(amountMinor) && amountMinor !== 0)).toBe(true);
      const cash = lines.filter(({ account }) => account.startsWith("provider_cash:")).reduce((sum, { amountMinor }) => sum + amountMinor, 0);
      expect(cash).toBe(life.cashMinor);
      const money = moneyOf(lines);
      expect(isSettled(money) ? "settled" : { money, events: life.events.map((event) => JSON.stringify(event)) }).toBe("settled");
      expect(money.captures).toBeLessThanOrEqual(1);
      expect(money.refundedMinor).toBeLessThanOrEqual(money.capturedMinor);
      expect(money.strayRefundedMinor).toBe(money.strayMinor);
      if (money.courtesyMinor === 0) expect(money.receivableMinor).toBe(0);
    }), { numRuns: 1_000 });
  });
});
