import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { paymentDecider, strayRefundId, type Payment, type PaymentCommand } from "../../src/commands/payments/payment.decider.js";
import type { PaymentEvent } from "../../src/events/payments.js";
import { fold } from "../../src/kernel/decider.js";
import { Refusal } from "../../src/kernel/refusal.js";
import { Undecided } from "../../src/kernel/undecided.js";

const ids = { paymentId: "p1", orderId: "o1" };
const totalMinor = 1_000;
const attempt = fc.integer({ min: 1, max: 3 });
/** A charge's reference tells its attempt, as a provider's does; a second one of an attempt is a provider's fault. */
const charge = fc.tuple(attempt, fc.constantFrom("", "b")).map(([number, twin]) => ({
  ...ids, attempt: number, providerReference: `pi_${String(number)}${twin}`, currency: "EUR", provider: "stripe", newsId: null, expected: { amountMinor: totalMinor, currency: "EUR" },
}));
const amount = fc.constantFrom(totalMinor, 600, 1_001);
const refundId = fc.constantFrom("r1", "r2", "r3", "r4");
const dispute = fc.tuple(fc.constantFrom("dp_1", "dp_2"), fc.constantFrom(totalMinor, 300))
  .map(([disputeReference, amountMinor]) => ({ ...ids, disputeReference, amountMinor, currency: "EUR" }));

const command: fc.Arbitrary<PaymentCommand> = fc.oneof(
  fc.tuple(charge, amount).map(([of, amountMinor]) => ({ type: "RecordAuthorization" as const, ...of, amountMinor })),
  fc.tuple(charge, amount, fc.option(fc.constant(30), { nil: undefined })).map(([of, amountMinor, feeMinor]) => ({ type: "RecordCapture" as const, ...of, amountMinor, ...(feeMinor === undefined ? {} : { feeMinor }) })),
  attempt.map((number) => ({ type: "RecordAwaited" as const, ...ids, attempt: number, amountMinor: totalMinor, currency: "EUR", provider: "bank_transfer", providerReference: `t_${String(number)}`, waitSeconds: 9 })),
  attempt.map((number) => ({ type: "RecordDecline" as const, ...ids, attempt: number, code: "no", retrySeconds: 9 })),
  attempt.map((number) => ({ type: "RecordUnknown" as const, ...ids, attempt: number, provider: "stripe", code: "timeout", waitSeconds: 9, since: "2026-01-01T00:00:00Z", askSeconds: 9 })),
  fc.constant({ type: "RecordFee" as const, ...ids, feeMinor: 30 }),
  fc.constant({ type: "RetryPayment" as const, ...ids, method: "CARD" as const }),
  attempt.map((number) => ({ type: "GiveUp" as const, ...ids, attempt: number, code: "never_known" })),
  charge.map(({ providerReference }) => ({ type: "RecordVoid" as const, ...ids, providerReference, reason: "x" })),
  { weight: 3, arbitrary: fc.tuple(refundId, fc.constantFrom<number | "all">("all", 1, 400, 1_000), fc.constantFrom(0, 300, 1_000), fc.constantFrom("GOODWILL" as const, "LINES_CANCELLED" as const, "ORDER_CANCELLED" as const))
    .map(([id, amountMinor, keepMinor, cause]) => ({ type: "RequestRefund" as const, ...ids, refundId: id, amountMinor, keepMinor, cause, reason: "x" })) },
  fc.tuple(refundId, fc.boolean()).map(([id, again]) => ({ type: "RecordRefund" as const, ...ids, refundId: id, amountMinor: 0, currency: "EUR", refundReference: `re_${id}${again ? "b" : ""}`, reason: "x" })),
  fc.tuple(refundId, fc.boolean()).map(([id, told]) => ({ type: "RecordRefundFailure" as const, ...ids, refundId: id, refundReference: told ? `re_${id}` : null, code: "x" })),
  dispute.map((of) => ({ type: "RecordDispute" as const, ...of, reason: "x" })),
  fc.tuple(dispute, fc.constantFrom("won" as const, "lost" as const)).map(([of, outcome]) => ({ type: "CloseDispute" as const, ...of, outcome })),
);

/** The new facts; none where it was refused or comes again later. */
function decide(one: PaymentCommand, payment: Payment): readonly PaymentEvent[] {
  try {
    return paymentDecider.decide(one, payment);
  } catch (error) {
    if (error instanceof Refusal || error instanceof Undecided) return [];
    throw error;
  }
}

/** A provider tells of no refund but one that it was asked for, and of its amount. */
function asTold(one: PaymentCommand, payment: Payment): PaymentCommand | null {
  if (one.type !== "RecordRefund") return one;
  const asked = payment.refunds.get(one.refundId ?? "");
  return asked ? { ...one, amountMinor: asked.amountMinor } : null;
}

const moneyIsThere = new Set(["CAPTURED", "PARTIALLY_REFUNDED", "REFUNDED", "DISPUTED"]);

function expectSound(payment: Payment, events: readonly PaymentEvent[]): void {
  const captures = events.filter(({ type }) => type === "PaymentCaptured");
  expect(captures.length).toBeLessThanOrEqual(1);
  expect(moneyIsThere.has(payment.status)).toBe(payment.capturedMinor > 0);
  const promised = [...payment.refunds.values()].filter(({ state, cause }) => state !== "failed" && cause !== "CAPTURED_TWICE").reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  expect(promised).toBeLessThanOrEqual(payment.capturedMinor);
  expect(payment.refundedMinor).toBeLessThanOrEqual(promised);
  for (const [reference, amountMinor] of payment.strays) {
    expect(reference).not.toBe(payment.providerReference);
    expect(payment.refunds.get(strayRefundId(reference))).toMatchObject({ amountMinor, cause: "CAPTURED_TWICE" });
  }
  expect(payment.refundedMinor === payment.capturedMinor && payment.capturedMinor > 0 && payment.disputes.size === 0).toBe(payment.status === "REFUNDED" && payment.disputes.size === 0);
}

describe("a payment under any news in any order", () => {
  it("never promises back more than it took, counts one charge, and hears nothing twice", () => {
    fc.assert(fc.property(fc.array(command, { maxLength: 40, size: "max" }), (commands) => {
      const events: PaymentEvent[] = [];
      let payment = paymentDecider.initial;
      for (const wish of commands) {
        const one = asTold(wish, payment);
        if (!one) continue;
        const said = decide(one, payment);
        events.push(...said);
        payment = fold(paymentDecider, said, payment);
        expectSound(payment, events);
        if (one.type !== "RetryPayment") expect(decide(one, payment)).toEqual([]);
      }
      expect(fold(paymentDecider, events)).toEqual(payment);
    }), { numRuns: 500 });
  });

  it("comes to the same money, whatever the order of the news", () => {
    const news = fc.shuffledSubarray<PaymentCommand>([
      { type: "RecordUnknown", ...ids, attempt: 1, provider: "stripe", code: "timeout", waitSeconds: 9, since: "2026-01-01T00:00:00Z", askSeconds: 9 },
      ...["evt_1", "evt_2", null].map((newsId) => ({
        type: "RecordCapture" as const, ...ids, attempt: 1, amountMinor: totalMinor, currency: "EUR", provider: "stripe", providerReference: "pi_1", newsId, expected: { amountMinor: totalMinor, currency: "EUR" },
      })),
      { type: "RecordAuthorization", ...ids, attempt: 1, amountMinor: totalMinor, currency: "EUR", provider: "stripe", providerReference: "pi_1", newsId: null, expected: { amountMinor: totalMinor, currency: "EUR" } },
      { type: "RecordDecline", ...ids, attempt: 1, code: "no", retrySeconds: 9 },
    ], { minLength: 6 });
    fc.assert(fc.property(news, (commands) => {
      const payment = commands.reduce((state, one) => fold(paymentDecider, decide(one, state), state), paymentDecider.initial);
      expect(payment).toMatchObject({ status: "CAPTURED", capturedMinor: totalMinor, providerReference: "pi_1" });
      expect(payment.strays.size).toBe(0);
    }));
  });
});
