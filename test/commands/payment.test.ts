import { describe, expect, it } from "@jest/globals";
import { paymentDecider, refundableMinor, strayRefundId, type PaymentCommand } from "../../src/commands/payments/payment.decider.js";
import { stillWaits } from "../../src/commands/payments/payment-window.steps.js";
import type { PaymentEvent } from "../../src/events/payments.js";
import { fold } from "../../src/kernel/decider.js";
import { Undecided } from "../../src/kernel/undecided.js";
import { specification } from "../support/specification.js";

const given = specification(paymentDecider);
const ids = { paymentId: "p1", orderId: "o1" };
const of = { ...ids, amountMinor: 1_000, currency: "EUR", provider: "stripe", providerReference: "pi_1" };
const charge = { ...of, attempt: 1, expected: { amountMinor: 1_000, currency: "EUR" }, newsId: null };
const capture = (changes: Partial<typeof charge> & { feeMinor?: number } = {}): PaymentCommand => ({ type: "RecordCapture", ...charge, ...changes });
const authorize = (changes: Partial<typeof charge> = {}): PaymentCommand => ({ type: "RecordAuthorization", ...charge, ...changes });
const captured: PaymentEvent = { type: "PaymentCaptured", ...of };
const authorized: PaymentEvent = { type: "PaymentAuthorized", ...of, attempt: 1 };
const decline: PaymentCommand = { type: "RecordDecline", ...ids, attempt: 1, code: "card_declined", retrySeconds: 600 };
const declined = { type: "PaymentDeclined", ...ids, attempt: 1, code: "card_declined", retrySeconds: 600 } as const;
const retry: PaymentCommand = { type: "RetryPayment", ...ids, method: "CARD" };
const retried: PaymentEvent = { type: "PaymentRetried", ...ids, attempt: 2, method: "CARD" };
const doubt: PaymentCommand = { type: "RecordUnknown", ...ids, attempt: 1, provider: "stripe", code: "timeout", waitSeconds: 60, since: "2026-01-01T00:00:00Z", askSeconds: 300 };
const unknown = { type: "PaymentUnknown", ...ids, attempt: 1, provider: "stripe", code: "timeout", waitSeconds: 60 } as const;
const giveUp: PaymentCommand = { type: "GiveUp", ...ids, attempt: 1, code: "never_known" };
const failed: PaymentEvent = { type: "PaymentFailed", ...ids, code: "never_known" };
const voiding: PaymentCommand = { type: "RecordVoid", ...ids, providerReference: "pi_1", reason: "called off" };
const voided: PaymentEvent = { type: "PaymentVoided", ...ids, attempt: 1, provider: "stripe", reason: "called off" };
const want = (amountMinor: number | "all", changes: Partial<Extract<PaymentCommand, { type: "RequestRefund" }>> = {}): PaymentCommand =>
  ({ type: "RequestRefund", ...ids, refundId: "r1", amountMinor, keepMinor: 0, cause: "GOODWILL", reason: "late", ...changes });
const requested = (amountMinor: number, changes: Partial<Extract<PaymentEvent, { type: "RefundRequested" }>> = {}): PaymentEvent =>
  ({ type: "RefundRequested", ...of, refundId: "r1", amountMinor, cause: "GOODWILL", reason: "late", ...changes });
const back = (amountMinor: number, refundId: string | null = "r1", refundReference = "re_1"): PaymentCommand =>
  ({ type: "RecordRefund", ...ids, refundId, amountMinor, currency: "EUR", refundReference, reason: "late" });
const refunded = (amountMinor: number, changes: Partial<Extract<PaymentEvent, { type: "PaymentRefunded" }>> = {}): PaymentEvent =>
  ({ type: "PaymentRefunded", ...ids, amountMinor, currency: "EUR", refundReference: "re_1", reason: "late", provider: "stripe", refundId: "r1", cause: "GOODWILL", ...changes });
const disputing: PaymentCommand = { type: "RecordDispute", ...ids, disputeReference: "dp_1", amountMinor: 1_000, currency: "EUR", reason: "fraudulent" };
const disputed: PaymentEvent = { type: "PaymentDisputed", ...ids, disputeReference: "dp_1", amountMinor: 1_000, currency: "EUR", reason: "fraudulent", provider: "stripe" };
const closing = (outcome: "won" | "lost"): PaymentCommand => ({ type: "CloseDispute", ...ids, disputeReference: "dp_1", outcome, amountMinor: 1_000, currency: "EUR" });
const closed = (outcome: "won" | "lost"): PaymentEvent => ({ type: "PaymentDisputeClosed", ...ids, disputeReference: "dp_1", outcome, amountMinor: 1_000, currency: "EUR", provider: "stripe" });

const status = (...events: readonly PaymentEvent[]) => fold(paymentDecider, events).status;

describe("a charge", () => {
  it("is captured once, whoever tells it first", () => {
    given().when(capture()).then(captured);
    given(captured).when(capture()).thenNothing();
    given(unknown).when(capture()).then(captured);
  });
  it("of nothing is captured once as well", () => {
    const free = { amountMinor: 0, expected: { amountMinor: 0, currency: "EUR" }, provider: "none", providerReference: "free" };
    given({ ...captured, amountMinor: 0, provider: "none", providerReference: "free" }).when(capture(free)).thenNothing();
  });
  it("tells its attempt where that was not the first, and its fee as soon as it is known", () => {
    given(declined, retried).when(capture({ attempt: 2, providerReference: "pi_2" })).then({ ...captured, attempt: 2, providerReference: "pi_2" });
    given().when(capture({ feeMinor: 44 })).then({ ...captured, feeMinor: 44 });
    given(captured).when(capture({ feeMinor: 44 })).then({ type: "PaymentFeeTold", ...ids, feeMinor: 44, currency: "EUR", provider: "stripe" });
    given({ ...captured, feeMinor: 44 }).when(capture({ feeMinor: 44 })).thenNothing();
  });
  it("can be captured after it was refused or given up: the provider has the last word", () => {
    given(declined).when(capture()).then(captured);
    given(unknown, failed).when(capture()).then(captured);
  });
  it("that comes a second time goes back once", () => {
    const twice: PaymentEvent[] = [
      { type: "PaymentCapturedTwice", ...of, providerReference: "pi_2" },
      requested(1_000, { refundId: strayRefundId("pi_2"), providerReference: "pi_2", cause: "CAPTURED_TWICE", reason: "the order was charged twice" }),
    ];
    given(captured).when(capture({ providerReference: "pi_2" })).then(...twice);
    given(captured, ...twice).when(capture({ providerReference: "pi_2" })).thenNothing();
    expect(refundableMinor(fold(paymentDecider, [captured, ...twice]))).toBe(1_000); // the one that counts is untouched
  });
});

describe("an authorization", () => {
  it("is recorded once, captured in whole or in part, or let go", () => {
    given().when(authorize()).then(authorized);
    given(authorized).when(authorize()).thenNothing();
    given(authorized).when(capture({ amountMinor: 600 })).then({ ...captured, amountMinor: 600 });
    given(authorized).when(voiding).then(voided);
    given(authorized, voided).when(voiding).thenNothing();
  });
  it("that was let go or captured is not told again by late news", () => {
    given(authorized, voided).when(authorize()).thenNothing();
    given(authorized, captured).when(authorize()).thenNothing();
    given(authorized, captured).when(voiding).thenNothing();
  });
});

describe("an attempt that was refused", () => {
  it("is refused once, and only while nothing is there", () => {
    given().when(decline).then(declined);
    given(declined).when(decline).thenNothing();
    given(captured).when(decline).thenNothing();
    given(authorized).when(decline).thenNothing();
    given(declined, retried).when(decline).thenNothing();
  });
  it("can be followed by another, up to ten", () => {
    given(declined).when(retry).then(retried);
    const tenth: PaymentEvent = { ...declined, attempt: 10 };
    given(tenth).when(retry).refuses("PAYMENT_NOT_OPEN");
  });
  it("is needed for another", () => {
    given().when(retry).refuses("PAYMENT_NOT_OPEN");
    given(unknown).when(retry).refuses("PAYMENT_IN_DOUBT");
    given(captured).when(retry).refuses("PAYMENT_NOT_OPEN");
    given(declined, retried).when(retry).refuses("PAYMENT_NOT_OPEN");
    given(unknown, failed).when(retry).refuses("PAYMENT_NOT_OPEN");
  });
});

describe("an attempt in doubt", () => {
  it("is told once, and only of the attempt at work", () => {
    given().when(doubt).then(unknown);
    given(unknown).when(doubt).thenNothing();
    given(captured).when(doubt).thenNothing();
    given(declined, retried).when(doubt).thenNothing();
  });
  it("can be refused, and given up", () => {
    given(unknown).when(decline).then(declined);
    given(unknown).when(giveUp).then(failed);
    given(captured).when(giveUp).thenNothing();
    given(declined, retried).when(giveUp).thenNothing();
  });
});

describe("money that comes by hand", () => {
  const wait: PaymentCommand = { type: "RecordAwaited", ...of, attempt: 1, provider: "bank_transfer", providerReference: "K7QM", waitSeconds: 9 };
  const awaited: PaymentEvent = { type: "PaymentAwaited", ...of, attempt: 1, provider: "bank_transfer", providerReference: "K7QM", waitSeconds: 9 };
  it("is awaited once", () => {
    given().when(wait).then(awaited);
    given(awaited).when(wait).thenNothing();
    given(captured).when(wait).thenNothing();
  });
});

describe("news that does not fit", () => {
  const aside = { type: "PaymentNewsSetAside", ...of, newsId: "evt_1", kind: "captured" } as const;
  it("is kept once and not applied", () => {
    given().when(capture({ amountMinor: 999, newsId: "evt_1" } as never)).then({ ...aside, amountMinor: 999, why: "AMOUNT_DIFFERS" });
    given().when(capture({ amountMinor: 1_001, newsId: "evt_1" } as never)).then({ ...aside, amountMinor: 1_001, why: "AMOUNT_DIFFERS" });
    given(authorized).when(capture({ amountMinor: 1_001, newsId: "evt_1" } as never)).then({ ...aside, amountMinor: 1_001, why: "AMOUNT_DIFFERS" });
    given().when(capture({ currency: "USD", newsId: "evt_1" } as never)).then({ ...aside, currency: "USD", why: "CURRENCY_DIFFERS" });
    given({ ...aside, why: "AMOUNT_DIFFERS" }).when(capture({ amountMinor: 999, newsId: "evt_1" } as never)).thenNothing();
  });
});

describe("a refund", () => {
  it("is decided, then given, each once", () => {
    given(captured).when(want(400)).then(requested(400));
    given(captured, requested(400)).when(want(400)).thenNothing();
    given(captured, requested(400)).when(back(400)).then(refunded(400));
    given(captured, requested(400), refunded(400)).when(back(400)).thenNothing();
    given(captured, requested(400), refunded(400)).when(back(400, "r1", "re_2")).thenNothing();
  });
  it("never passes what was captured, with all that was promised", () => {
    given(captured, requested(400)).when(want(601, { refundId: "r2" })).refuses("REFUND_TOO_LARGE");
    given(captured, requested(400)).when(want("all", { refundId: "r2" })).then(requested(600, { refundId: "r2" }));
    given(captured, requested(1_000)).when(want("all", { refundId: "r2" })).refuses("REFUND_TOO_LARGE");
    given(captured).when(want(0)).refuses("INVALID_AMOUNT");
    given().when(want(1)).refuses("PAYMENT_NOT_CAPTURED");
    given(authorized).when(want(1)).refuses("PAYMENT_NOT_CAPTURED");
  });
  it("that failed may be wanted again", () => {
    const no: PaymentEvent = { type: "RefundFailed", ...ids, refundId: "r1", amountMinor: 1_000, code: "expired_card" };
    given(captured, requested(1_000)).when({ type: "RecordRefundFailure", ...ids, refundId: "r1", refundReference: "re_1", code: "expired_card" }).then(no);
    given(captured, requested(1_000), no).when({ type: "RecordRefundFailure", ...ids, refundId: "r1", refundReference: "re_1", code: "expired_card" }).thenNothing();
    given(captured, requested(1_000), no).when(want("all", { refundId: "r2", keepMinor: 1_000 })).then(requested(1_000, { refundId: "r2", repeats: "r1" }));
  });
  it("that was told as done and came back is owed again, once", () => {
    const failure = (refundId: string | null, refundReference: string | null): PaymentCommand => ({ type: "RecordRefundFailure", ...ids, refundId, refundReference, code: "lost_card" });
    const reversal: PaymentEvent = { type: "RefundReversed", ...ids, refundId: "r1", refundReference: "re_1", amountMinor: 400, currency: "EUR", provider: "stripe", code: "lost_card", cause: "GOODWILL" };
    const done = [captured, requested(400), refunded(400)];
    given(...done).when(failure("r1", "re_1")).then(reversal);
    given(...done, reversal).when(failure("r1", "re_1")).thenNothing();
    given(...done, reversal).when(back(400)).thenNothing(); // its beginning, told late
    given(...done).when(failure("r1", null)).thenNothing(); // a second call of ours was refused: the refund is there
    given(...done).when(failure("r9", "re_9")).thenNothing();
    given(captured, refunded(400, { refundId: null })).when(failure(null, "re_1")).then({ ...reversal, refundId: null });
    expect(fold(paymentDecider, [...done, reversal])).toMatchObject({ status: "CAPTURED", refundedMinor: 0 });
    expect(refundableMinor(fold(paymentDecider, [...done, reversal]))).toBe(1_000);
    expect(status(captured, requested(1_000), refunded(1_000), { ...reversal, amountMinor: 1_000 })).toBe("CAPTURED");
  });
  it("that is repeated for what is owed has its cause; what goes beyond is goodwill", () => {
    const no: PaymentEvent = { type: "RefundFailed", ...ids, refundId: "r1", amountMinor: 400, code: "expired_card" };
    const owed = [captured, requested(400, { cause: "LINES_CANCELLED" }), no];
    given(...owed).when(want(400, { refundId: "r2", keepMinor: 600 })).then(requested(400, { refundId: "r2", cause: "LINES_CANCELLED", repeats: "r1" }));
    given(...owed).when(want(100, { refundId: "r2", keepMinor: 600 })).then(requested(100, { refundId: "r2", cause: "LINES_CANCELLED" }));
    const again = requested(400, { refundId: "r2", cause: "LINES_CANCELLED", repeats: "r1" });
    given(...owed, again).when(want(400, { refundId: "r3", keepMinor: 600 })).then(requested(400, { refundId: "r3" }));
    given(...owed, again, { ...no, refundId: "r2" }).when(want(400, { refundId: "r3", keepMinor: 600 }))
      .then(requested(400, { refundId: "r3", cause: "LINES_CANCELLED", repeats: "r1" }));
    given(...owed).when(want(401, { refundId: "r2", keepMinor: 600 })).then(requested(401, { refundId: "r2" }));
    given(captured).when(want(400, { keepMinor: 600 })).then(requested(400)); // its own job is still to come
  });
  it("that failed is not done by late news of its beginning", () => {
    const no: PaymentEvent = { type: "RefundFailed", ...ids, refundId: "r1", amountMinor: 1_000, code: "expired_card" };
    given(captured, requested(1_000), no).when(back(1_000)).thenNothing();
  });
  it("of a charge that came twice is made good where it came to nothing, by whoever can, once", () => {
    const stray = { refundId: strayRefundId("pi_2"), providerReference: "pi_2", cause: "CAPTURED_TWICE", reason: "the order was charged twice" } as const;
    const no: PaymentEvent = { type: "RefundFailed", ...ids, refundId: stray.refundId, amountMinor: 1_000, code: "charge_disputed" };
    const twice: PaymentEvent[] = [captured, { type: "PaymentCapturedTwice", ...of, providerReference: "pi_2" }, requested(1_000, stray)];
    const again = (refundId: string, provider = "stripe") => requested(1_000, { refundId, providerReference: "pi_2", cause: "CAPTURED_TWICE", provider, repeats: stray.refundId });
    given(...twice, no).when(want(1_000, { refundId: "r2", byTransfer: true })).then(again("r2", "bank_transfer"));
    given(...twice, no).when(want(1_000, { refundId: "r2" })).then(again("r2"));
    given(...twice, no, again("r2"), { ...no, refundId: "r2" }).when(want(1_000, { refundId: "r3", byTransfer: true })).then(again("r3", "bank_transfer"));
    // While somebody gives it back, or where another amount is wanted, it is the charge that counts which is refunded.
    given(...twice).when(want(1_000, { refundId: "r2" })).then(requested(1_000, { refundId: "r2" }));
    given(...twice, no, again("r2")).when(want(1_000, { refundId: "r3" })).then(requested(1_000, { refundId: "r3" }));
    given(...twice, no).when(want(400, { refundId: "r2", byTransfer: true })).then(requested(400, { refundId: "r2", provider: "bank_transfer" }));
    given(...twice, no).when(want("all", { refundId: "r2", byTransfer: true })).then(requested(1_000, { refundId: "r2", provider: "bank_transfer" }));
    // All that is left of an order whose own charge has gone back is what came twice.
    const gone = [...twice, no, requested(1_000), refunded(1_000)];
    given(...gone).when(want("all", { refundId: "r2", byTransfer: true })).then(again("r2", "bank_transfer"));
    given(...gone, again("r2", "bank_transfer")).when(want("all", { refundId: "r3" })).refuses("REFUND_TOO_LARGE");
    given(...gone).when(want("all", { refundId: "r2", cause: "ORDER_CANCELLED" })).thenNothing();
    const done = fold(paymentDecider, [...twice, no, again("r2", "bank_transfer"), refunded(1_000, { refundId: "r2", cause: "CAPTURED_TWICE", provider: "bank_transfer" })]);
    expect(done).toMatchObject({ status: "CAPTURED", refundedMinor: 0 });
    expect(refundableMinor(done)).toBe(1_000);
  });
  it("of a charge that came twice, made at the provider beside us, is none of the charge that counts", () => {
    const stray = { refundId: strayRefundId("pi_2"), providerReference: "pi_2", cause: "CAPTURED_TWICE", reason: "the order was charged twice" } as const;
    const twice: PaymentEvent[] = [captured, { type: "PaymentCapturedTwice", ...of, providerReference: "pi_2" }, requested(1_000, stray)];
    const no: PaymentEvent = { type: "RefundFailed", ...ids, refundId: stray.refundId, amountMinor: 1_000, code: "charge_already_refunded" };
    const beside = { ...back(1_000, null), providerReference: "pi_2" } as PaymentCommand;
    const answered = refunded(1_000, { refundId: stray.refundId, cause: "CAPTURED_TWICE" });
    given(...twice).when(beside).then(answered);
    given(...twice, answered).when({ type: "RecordRefundFailure", ...ids, refundId: stray.refundId, refundReference: null, code: "charge_already_refunded" }).thenNothing();
    const unasked = refunded(1_000, { refundId: null, cause: "CAPTURED_TWICE", repeats: stray.refundId });
    given(...twice, no).when(beside).then(unasked);
    given(...twice, no, unasked).when(want(1_000, { refundId: "r2", byTransfer: true })).then(requested(1_000, { refundId: "r2", provider: "bank_transfer" }));
    given(captured).when({ ...back(250, null), providerReference: "pi_1" } as PaymentCommand).then(refunded(250, { refundId: null }));
  });
  it("of an order gives what is beyond what is owed, and nothing where that is nothing", () => {
    const lines = { cause: "LINES_CANCELLED" } as const;
    given(captured).when(want(300, { ...lines, keepMinor: 700 })).then(requested(300, lines));
    given(captured).when(want(300, { ...lines, keepMinor: 800 })).then(requested(200, lines));
    given({ ...captured, amountMinor: 700 }).when(want(300, { ...lines, keepMinor: 700 })).thenNothing();
    given().when(want("all", { cause: "ORDER_CANCELLED" })).thenNothing();
    given(captured, requested(400)).when(want("all", { refundId: "r2", cause: "ORDER_CANCELLED" })).then(requested(600, { refundId: "r2", cause: "ORDER_CANCELLED" }));
  });
  it("that somebody made at the provider beside us has happened", () => {
    given(captured).when(back(250, null)).then(refunded(250, { refundId: null }));
    expect(refundableMinor(fold(paymentDecider, [captured, refunded(250, { refundId: null })]))).toBe(750);
  });
});

describe("a dispute", () => {
  it("is opened and closed once, also where its beginning comes late", () => {
    given(captured).when(disputing).then(disputed);
    given(captured, disputed).when(disputing).thenNothing();
    given(captured, disputed).when(closing("won")).then(closed("won"));
    given(captured, disputed, closed("won")).when(closing("won")).thenNothing();
    given(captured).when(closing("lost")).then({ ...disputed, reason: "unknown" }, closed("lost"));
    given(captured, disputed, closed("lost")).when(disputing).thenNothing();
  });
  it("that is open lets nobody refund beside it", () => given(captured, disputed).when(want(1)).refuses("PAYMENT_DISPUTED"));
  it("that was lost has given back by itself", () => given(captured, disputed, closed("lost")).when(want(1)).refuses("REFUND_TOO_LARGE"));
  it("of a part that was lost leaves the rest", () => {
    const part: PaymentEvent[] = [{ ...disputed, amountMinor: 300 }, { ...closed("lost"), amountMinor: 300 } as PaymentEvent];
    given(captured, ...part).when(want("all")).then(requested(700));
    given(captured, ...part).when(want(701)).refuses("REFUND_TOO_LARGE");
    given(captured, ...part).when(want("all", { cause: "ORDER_CANCELLED" })).then(requested(700, { cause: "ORDER_CANCELLED" }));
  });
});

describe("an inquiry", () => {
  const asking = (isOver = false): PaymentCommand => ({ type: "RecordInquiry", ...ids, disputeReference: "dp_1", amountMinor: 1_000, currency: "EUR", reason: "fraudulent", isOver });
  const asked = { ...disputed, type: "PaymentInquired" } as PaymentEvent;
  it("is told once, takes nothing, and can be answered with a refund", () => {
    given(captured).when(asking()).then(asked);
    given(captured, asked).when(asking()).thenNothing();
    given(captured, asked).when(asking(true)).thenNothing();
    given(captured).when(asking(true)).then(asked); // its beginning is told later, or never
    expect(status(captured, asked)).toBe("CAPTURED");
    given(captured, asked).when(want("all")).then(requested(1_000));
  });
  it("may become a dispute, also where its news is late or lost", () => {
    given(captured, asked).when(disputing).then(disputed);
    given(captured, asked, disputed).when(asking()).thenNothing();
    given(captured, asked, disputed).when(disputing).thenNothing();
    given(captured, asked).when(closing("lost")).then({ ...disputed, reason: "unknown" }, closed("lost"));
    given(captured, disputed, closed("lost")).when(asking()).thenNothing();
  });
  it("that had been taken for a dispute is one that was won", () => given(captured, disputed).when(asking(true)).then(closed("won")));
});

describe("news that overtakes the capture", () => {
  it.each([["refund", back(100, null)], ["dispute", disputing], ["end of a dispute", closing("won")]])("of a %s comes again", (_name, command) => {
    expect(() => paymentDecider.decide(command, fold(paymentDecider, [authorized]))).toThrow(Undecided);
  });
});

describe("the time that somebody was given", () => {
  const awaited = { type: "PaymentAwaited", ...of, attempt: 1, waitSeconds: 9 } as const;
  const waits = (event: Parameters<typeof stillWaits>[1], ...events: readonly PaymentEvent[]) => stillWaits(fold(paymentDecider, events), event);
  it("ends what still waits for the same attempt", () => {
    expect([waits(declined, declined), waits(unknown, unknown), waits(awaited, awaited)]).toEqual([true, true, true]);
  });
  it("means nothing where another attempt began, or the outcome is known", () => {
    const second = { ...declined, attempt: 2 };
    expect([
      waits(declined, declined, retried), waits(declined, declined, retried, second), waits(declined, declined, captured), waits(unknown, unknown, declined),
      waits(unknown, unknown, captured), waits(awaited, awaited, captured),
    ]).toEqual([false, false, false, false, false, false]);
  });
});

it("says where it stands", () => {
  expect([
    status(), status(authorized), status(unknown), status(declined), status(declined, retried), status(failed), status(captured), status(authorized, voided),
    status(captured, refunded(400)), status(captured, refunded(1_000)), status(captured, disputed), status(captured, disputed, closed("won")),
    status(captured, disputed, closed("lost")), status(captured, refunded(400), disputed, closed("won")),
  ]).toEqual([
    "PENDING", "AUTHORIZED", "UNKNOWN", "FAILED", "PENDING", "FAILED", "CAPTURED", "FAILED",
    "PARTIALLY_REFUNDED", "REFUNDED", "DISPUTED", "CAPTURED", "DISPUTED", "PARTIALLY_REFUNDED",
  ]);
});
