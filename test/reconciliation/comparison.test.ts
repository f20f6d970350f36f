import { describe, expect, it } from "@jest/globals";
import type { PaymentEvent } from "../../src/events/payments.js";
import { foldPayment } from "../../src/commands/payments/payments.steps.js";
import { comparePayments, missingThere } from "../../src/commands/reconciliation/compare-payments.js";
import { mismatchDecider, type MismatchCommand } from "../../src/commands/reconciliation/mismatch.decider.js";
import { beginOf, dayOf, daysBefore, isDay, spanFrom } from "../../src/commands/reconciliation/shop-day.calendar.js";
import type { ProviderPayment } from "../../src/gateways/payments/payment-port.js";
import { specification } from "../support/specification.js";

const of = { paymentId: "p1", orderId: "o1" };
const expected = { amountMinor: 1_000, currency: "EUR" };
const money = { currency: "EUR", provider: "stripe" };
const theirs: ProviderPayment = {
  ...of, providerReference: "pi_1", status: "captured", attempt: 1, amountMinor: 1_000, capturedMinor: 1_000, currency: "EUR", refundedMinor: 0,
  feeMinor: null, disputed: false, code: null, createdAt: "2026-01-31T10:00:00.000Z",
};
const captured: PaymentEvent = { type: "PaymentCaptured", ...of, ...money, amountMinor: 1_000, providerReference: "pi_1" };
const authorized: PaymentEvent = { type: "PaymentAuthorized", ...of, ...money, attempt: 1, amountMinor: 1_000, providerReference: "pi_1" };
const unknown: PaymentEvent = { type: "PaymentUnknown", ...of, attempt: 1, provider: "stripe", code: "timeout", waitSeconds: 60 };
const declined: PaymentEvent = { type: "PaymentDeclined", ...of, attempt: 1, code: "card_declined", retrySeconds: 600 };
const requested = (refundId: string, amountMinor: number): PaymentEvent =>
  ({ type: "RefundRequested", ...of, ...money, refundId, amountMinor, providerReference: "pi_1", cause: "ORDER_CANCELLED", reason: "changed my mind" });
const refunded = (refundId: string, amountMinor: number): PaymentEvent =>
  ({ type: "PaymentRefunded", ...of, ...money, refundId, amountMinor, refundReference: `re_${refundId}`, cause: "ORDER_CANCELLED", reason: "changed my mind" });
const reversed = (refundId: string, amountMinor: number): PaymentEvent =>
  ({ type: "RefundReversed", ...of, ...money, refundId, amountMinor, refundReference: `re_${refundId}`, code: "lost_card", cause: "ORDER_CANCELLED" });
const disputed: PaymentEvent = { type: "PaymentDisputed", ...of, ...money, disputeReference: "dp_1", amountMinor: 1_000, reason: "fraudulent" };
const twice: PaymentEvent = { type: "PaymentCapturedTwice", ...of, ...money, amountMinor: 1_000, providerReference: "pi_2" };
const twiceRequested: PaymentEvent = { type: "RefundRequested", ...of, ...money, refundId: "stray:pi_2", amountMinor: 1_000, providerReference: "pi_2", cause: "CAPTURED_TWICE", reason: "twice" };

const twiceRefused: PaymentEvent = { type: "RefundFailed", ...of, refundId: "stray:pi_2", amountMinor: 1_000, code: "charge_disputed" };
const again = (provider: string): PaymentEvent[] => [
  { ...twiceRequested, refundId: "r2", provider, repeats: "stray:pi_2" },
  { type: "PaymentRefunded", ...of, ...money, provider, refundId: "r2", amountMinor: 1_000, refundReference: "re_r2", cause: "CAPTURED_TWICE", reason: "twice" },
];

/** Kinds of what differs, each with the commands that would mend it. */
function compared(ours: readonly PaymentEvent[] | null, changes: Partial<ProviderPayment> = {}, cost: typeof expected | null = expected): unknown[] {
  return comparePayments("stripe", { ...theirs, ...changes }, { payment: ours && foldPayment(ours), expected: cost })
    .map(({ kind, repairs }) => [kind, ...repairs.map(({ type }) => type)]);
}

describe("a payment in both books", () => {
  it.each<[string, readonly PaymentEvent[] | null, Partial<ProviderPayment>, readonly unknown[]]>([
    ["is the same on both sides", [captured], {}, []],
    ["was paid back by transfer, beside the provider", [
      captured, { ...requested("r1", 400), provider: "bank_transfer" } as PaymentEvent, { ...refunded("r1", 400), provider: "bank_transfer" } as PaymentEvent,
    ], {}, []],
    ["never reached us", null, {}, [["MISSING_HERE", "RecordCapture"]]],
    ["was in doubt here and is captured there", [unknown], {}, [["MISSING_HERE", "RecordCapture"]]],
    ["was captured there after it was authorized here", [authorized], {}, [["MISSING_HERE", "RecordCapture"]]],
    ["was captured in part after it was authorized", [authorized], { capturedMinor: 600 }, [["MISSING_HERE", "RecordCapture"]]],
    ["was captured at a second attempt that we never heard of", [captured], { providerReference: "pi_9", attempt: 2 }, [["MISSING_HERE", "RecordCapture"]]],
    ["never reached us and has gone back already", null, { refundedMinor: 1_000 }, [["MISSING_HERE"]]],
    ["never reached us and is disputed already", null, { disputed: true }, [["MISSING_HERE"]]],
    ["is of another amount", null, { capturedMinor: 999 }, [["AMOUNT_DIFFERS"]]],
    ["is in another currency", [unknown], { currency: "USD" }, [["AMOUNT_DIFFERS"]]],
    ["was captured with another amount than here", [captured], { capturedMinor: 999 }, [["AMOUNT_DIFFERS"]]],
    ["names no payment of ours", null, { paymentId: null, orderId: null }, [["MISSING_HERE"]]],
    ["names another order than the payment is of", [captured], { orderId: "o2" }, [["MISSING_HERE"]]],
    ["names no payment of ours and took nothing", null, { paymentId: null, orderId: null, status: "failed", capturedMinor: 0 }, []],
    ["has a fee that we were not told", [captured], { feeMinor: 30 }, [["AMOUNT_DIFFERS", "RecordFee"]]],
    ["has another fee", [{ ...captured, feeMinor: 29 }], { feeMinor: 30 }, [["AMOUNT_DIFFERS"]]],
    ["has the fee that we know", [{ ...captured, feeMinor: 30 }], { feeMinor: 30 }, []],
    ["went back, and the answer was lost", [captured, requested("r1", 400)], { refundedMinor: 400 }, [["AMOUNT_DIFFERS", "RecordRefund"]]],
    ["went back by two requests, and both answers were lost", [captured, requested("r1", 400), requested("r2", 100)], { refundedMinor: 500 }, [["AMOUNT_DIFFERS", "RecordRefund", "RecordRefund"]]],
    ["went back by one of two equal requests: nobody can tell which", [captured, requested("r1", 400), requested("r2", 400)], { refundedMinor: 400 }, [["AMOUNT_DIFFERS"]]],
    ["went back at the provider beside us", [captured], { refundedMinor: 400 }, [["AMOUNT_DIFFERS"]]],
    ["went back here and not there", [captured, requested("r1", 400), refunded("r1", 400)], {}, [["AMOUNT_DIFFERS"]]],
    ["went back and came back again", [captured, requested("r1", 400), refunded("r1", 400), reversed("r1", 400)], {}, []],
    ["is to go back, and has not yet", [captured, requested("r1", 400)], {}, []],
    ["is disputed there", [captured], { disputed: true }, [["STATE_DIFFERS"]]],
    ["is disputed on both sides", [captured, disputed], { disputed: true }, []],
    ["is asked about by the buyer's bank", [captured, { ...disputed, type: "PaymentInquired" }], { disputed: true }, []],
    ["was asked about by the buyer's bank", [captured, { ...disputed, type: "PaymentInquired" }], {}, []],
    ["is disputed here alone", [captured, disputed], {}, [["STATE_DIFFERS"]]],
    ["was disputed and won: the provider never forgets", [captured, disputed, { type: "PaymentDisputeClosed", ...of, ...money, disputeReference: "dp_1", amountMinor: 1_000, outcome: "won" }], { disputed: true }, []],
    ["is authorized there and in doubt here", [unknown], { status: "authorized", capturedMinor: 0 }, [["STATE_DIFFERS", "RecordAuthorization"]]],
    ["is authorized there for another amount", [unknown], { status: "authorized", capturedMinor: 0, amountMinor: 999 }, [["STATE_DIFFERS"]]],
    ["is authorized on both sides", [authorized], { status: "authorized", capturedMinor: 0 }, []],
    ["is held there for ever beside a captured one", [captured], { providerReference: "pi_9", attempt: 2, status: "authorized", capturedMinor: 0 }, [["STATE_DIFFERS"]]],
    ["is captured here and only authorized there", [captured], { status: "authorized", capturedMinor: 0 }, [["STATE_DIFFERS"]]],
    ["was let go there", [authorized], { status: "voided", capturedMinor: 0 }, [["STATE_DIFFERS"]]],
    ["was let go on both sides", [authorized, { type: "PaymentVoided", ...of, attempt: 1, provider: "stripe", reason: "called off" }], { status: "voided", capturedMinor: 0 }, []],
    ["was refused on both sides", [declined], { status: "failed", capturedMinor: 0, code: "card_declined" }, []],
    ["was refused there and is in doubt here", [unknown], { status: "failed", capturedMinor: 0 }, [["STATE_DIFFERS"]]],
    ["was charged after all, though it was refused here", [declined], {}, [["MISSING_HERE", "RecordCapture"]]],
    ["came twice, and the second goes back", [captured, twice, twiceRequested], { providerReference: "pi_2" }, []],
    ["came twice, and the second has gone back unheard", [captured, twice, twiceRequested], { providerReference: "pi_2", refundedMinor: 1_000 }, [["AMOUNT_DIFFERS", "RecordRefund"]]],
    ["came twice, and the second was paid back by transfer", [captured, twice, twiceRequested, twiceRefused, ...again("bank_transfer")], { providerReference: "pi_2" }, []],
    ["came twice, and the second has gone back at a second try", [captured, twice, twiceRequested, twiceRefused, ...again("stripe")], { providerReference: "pi_2", refundedMinor: 1_000 }, []],
    ["came twice, and the second has gone back unheard at a second try", [captured, twice, twiceRequested, twiceRefused, again("stripe")[0]!], { providerReference: "pi_2", refundedMinor: 1_000 }, [["AMOUNT_DIFFERS", "RecordRefund"]]],
    ["came twice, with another amount", [captured, twice, twiceRequested], { providerReference: "pi_2", capturedMinor: 900 }, [["AMOUNT_DIFFERS"]]],
  ])("%s", (_what, ours, changes, differences) => {
    expect(compared(ours, changes)).toEqual(differences);
  });

  it("is nobody's where there is no such order", () => {
    expect(compared(null, {}, null)).toEqual([["MISSING_HERE"]]);
  });

  it("is missing there", () => {
    expect(missingThere(foldPayment([captured]))).toMatchObject({ kind: "MISSING_THERE", ours: { state: "CAPTURED", capturedMinor: 1_000 }, theirs: null, repairs: [] });
  });
});

describe("a mismatch", () => {
  const given = specification(mismatchDecider);
  const id = { mismatchId: "m1", day: "2026-01-31", provider: "stripe" };
  const facts = { ...id, kind: "MISSING_HERE", providerReference: "pi_1", ...of, ours: null, theirs: null } as const;
  const find = (run: string): MismatchCommand => ({ type: "Find", ...facts, run });
  const found = (run: string) => ({ type: "ReconciliationMismatchFound", ...facts, run }) as const;
  const settled = (run: string, how: "REPAIRED" | "AGREES") => ({ type: "ReconciliationMismatchSettled", ...id, run, how }) as const;
  const settle = (run: string, repaired = false): MismatchCommand => ({ type: "Settle", ...id, run, repaired });

  it("is found once while it lasts", () => {
    given().when(find("one")).then(found("one"));
    given(found("one")).when(find("two")).thenNothing();
  });
  it("is settled once", () => {
    given(found("one")).when(settle("two")).then(settled("two", "AGREES"));
    given(found("one")).when(settle("two", true)).then(settled("two", "REPAIRED"));
    given(found("one"), settled("two", "AGREES")).when(settle("three", true)).thenNothing();
    given().when(settle("one")).thenNothing();
  });
  it("counts as repaired by the run that found it, also where that run was killed before it saw so", () =>
    given(found("one")).when(settle("one")).then(settled("one", "REPAIRED")));
  it("is found anew when it comes again", () =>
    given(found("one"), settled("one", "REPAIRED")).when(find("two")).then(found("two")));
});

describe("a day of the shop", () => {
  it("begins and ends where the shop is", () => {
    expect(beginOf("2026-01-31", "UTC")).toBe("2026-01-31T00:00:00.000Z");
    expect(beginOf("2026-01-31", "Europe/Berlin")).toBe("2026-01-30T23:00:00.000Z");
    expect(beginOf("2026-07-01", "America/New_York")).toBe("2026-07-01T04:00:00.000Z");
    expect(beginOf("2026-01-31", "Asia/Kolkata")).toBe("2026-01-30T18:30:00.000Z");
    expect(dayOf(Date.parse("2026-01-30T23:00:00.000Z"), "Europe/Berlin")).toBe("2026-01-31");
    expect(dayOf(Date.parse("2026-01-30T22:59:59.999Z"), "Europe/Berlin")).toBe("2026-01-30");
  });
  it.each([["2026-01-31", 24], ["2026-03-29", 23], ["2026-10-25", 25]])("is %s, and %d hours long in Berlin", (day, hours) => {
    let from = beginOf(day, "Europe/Berlin");
    const spans: string[] = [];
    for (let last = false; !last;) {
      const span = spanFrom(from, day, "Europe/Berlin");
      expect(Date.parse(span.to)).toBeGreaterThan(Date.parse(span.from));
      spans.push(span.from);
      ({ to: from, last } = span);
    }
    expect(spans).toHaveLength(hours * 4);
    expect(from).toBe(beginOf(daysBefore(day, -1), "Europe/Berlin"));
  });
  it("is written as YYYY-MM-DD", () => {
    expect(["2026-01-31", "2024-02-29"].every(isDay)).toBe(true);
    expect(["2026-02-29", "2026-1-31", "yesterday", "2026-13-01", ""].some(isDay)).toBe(false);
  });
});
