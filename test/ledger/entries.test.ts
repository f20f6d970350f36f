import { describe, expect, it } from "@jest/globals";
import type { OrderCancelled, OrderLinesCancelled, OrderPlaced, OrderReinstated, OrderReturnInspected } from "../../src/events/orders.js";
import type { PaymentCaptured, PaymentDisputeClosed, PaymentDisputed, PaymentRefunded, RefundCause } from "../../src/events/payments.js";
import { ledgerEntry } from "../../src/projections/ledger/ledger-entry.projection.js";
import { isSettled, moneyOf } from "../../src/projections/ledger/order-money.js";
import { postingsOf, type LedgerEvent } from "../../src/projections/ledger/postings.js";
import { foldInBatches } from "../projections/in-memory.js";
import { balances, cash, lastEntry, linesOf, logged, orderId, paymentId } from "./books.js";

const of = { orderId, paymentId };
const eur = { currency: "EUR", provider: "stripe" } as const;
const placed: OrderPlaced = { type: "OrderPlaced", orderId, customerId: "ann", lines: [], stock: [], totals: { currency: "EUR", linesMinor: 2_000, shippingMinor: 490, taxMinor: 0, totalMinor: 2_490 } };
const cancelled: OrderCancelled = { type: "OrderCancelled", orderId, reason: "changed my mind", cause: "request", revertedMinor: 2_490, refundPaymentId: paymentId, shipmentIds: [], stock: [] };
const linesCancelled: OrderLinesCancelled = { type: "OrderLinesCancelled", orderId, customerId: "ann", reason: "one is enough", cancelled: [], revertedMinor: 1_000, refundPaymentId: paymentId, shipmentIds: [], packing: 2, stock: [] };
const inspected: OrderReturnInspected = { type: "OrderReturnInspected", orderId, returnId: "r1", inspected: [], revertedMinor: 1_000, refundPaymentId: paymentId, complete: false, stock: [] };
const reinstated: OrderReinstated = { type: "OrderReinstated", orderId, customerId: "ann", paymentId, lines: [], owedMinor: 2_490, stock: [] };
const captured: PaymentCaptured = { type: "PaymentCaptured", ...of, ...eur, amountMinor: 2_490, providerReference: "pi_1", feeMinor: 61 };
const twice: LedgerEvent = { ...captured, type: "PaymentCapturedTwice", providerReference: "pi_2" };
const refunded = (amountMinor: number, cause: RefundCause): PaymentRefunded => ({ type: "PaymentRefunded", ...of, ...eur, amountMinor, refundReference: `re_${cause}`, refundId: cause, reason: cause, cause });
const disputed: PaymentDisputed = { type: "PaymentDisputed", ...of, ...eur, disputeReference: "dp_1", amountMinor: 2_490, reason: "fraudulent" };
const closed = (outcome: "won" | "lost"): PaymentDisputeClosed => ({ type: "PaymentDisputeClosed", ...of, ...eur, disputeReference: "dp_1", amountMinor: 2_490, outcome });

describe("what each event writes", () => {
  it("an order is owed and earned when it is placed", () => expect(lastEntry(placed)).toEqual(["receivable 2490 EUR", "revenue -2490 EUR"]));
  it("a cancelled order is neither", () => expect(lastEntry(placed, cancelled)).toEqual(["revenue 2490 EUR", "receivable -2490 EUR"]));
  it("cancelled lines are neither", () => expect(lastEntry(placed, linesCancelled)).toEqual(["revenue 1000 EUR", "receivable -1000 EUR"]));
  it("what came back was earned and is owed to the buyer", () => expect(lastEntry(placed, inspected)).toEqual(["refunds 1000 EUR", "receivable -1000 EUR"]));
  it("a reinstated order is owed again", () => expect(lastEntry(placed, cancelled, reinstated)).toEqual(["receivable 2490 EUR", "revenue -2490 EUR"]));
  it("a capture pays, and the provider keeps its fee", () =>
    expect(lastEntry(placed, captured)).toEqual([`${cash} 2490 EUR`, "receivable -2490 EUR", "fees 61 EUR", `${cash} -61 EUR`]));
  it("a fee may be told later", () => expect(lastEntry(captured, { type: "PaymentFeeTold", ...of, ...eur, feeMinor: 61 })).toEqual(["fees 61 EUR", `${cash} -61 EUR`]));
  it("a second capture is owed back", () => expect(lastEntry(captured, twice)).toEqual([`${cash} 2490 EUR`, "receivable -2490 EUR", "fees 61 EUR", `${cash} -61 EUR`]));
  it("a refund pays what we owe", () => expect(lastEntry(captured, refunded(1_000, "LINES_CANCELLED"))).toEqual(["receivable 1000 EUR", `${cash} -1000 EUR`]));
  it("goodwill is granted, then paid", () =>
    expect(lastEntry(captured, refunded(500, "GOODWILL"))).toEqual(["refunds 500 EUR", "receivable -500 EUR", "receivable 500 EUR", `${cash} -500 EUR`]));
  it("a refund that came back is undone, whole", () => {
    const reversed = (amountMinor: number, cause: "LINES_CANCELLED" | "GOODWILL"): LedgerEvent =>
      ({ type: "RefundReversed", ...of, ...eur, refundId: "r", refundReference: "re_1", amountMinor, cause, code: "lost_card" });
    expect(lastEntry(captured, refunded(1_000, "LINES_CANCELLED"), reversed(1_000, "LINES_CANCELLED"))).toEqual([`${cash} 1000 EUR`, "receivable -1000 EUR"]);
    expect(lastEntry(captured, refunded(500, "GOODWILL"), reversed(500, "GOODWILL"))).toEqual([`${cash} 500 EUR`, "receivable -500 EUR", "receivable 500 EUR", "refunds -500 EUR"]);
  });
  it("a dispute takes the money away", () => expect(lastEntry(captured, disputed)).toEqual(["disputed 2490 EUR", `${cash} -2490 EUR`]));
  it("a dispute that was won brings it back", () => expect(lastEntry(captured, disputed, closed("won"))).toEqual([`${cash} 2490 EUR`, "disputed -2490 EUR"]));
  it("a dispute that was lost is a refund", () => expect(lastEntry(captured, disputed, closed("lost"))).toEqual(["refunds 2490 EUR", "disputed -2490 EUR"]));
  it("a free order writes nothing, nor does its calling off", () => {
    const free = { ...placed, totals: { ...placed.totals, totalMinor: 0 } };
    expect(linesOf(free, { ...captured, amountMinor: 0, feeMinor: 0, provider: "none" }, { ...cancelled, revertedMinor: 0 })).toEqual([]);
  });

  it("says of every event what it does, or that it does nothing", () => {
    const moving = Object.entries(postingsOf).filter(([, rule]) => rule !== "ignored").map(([type]) => type).sort();
    expect(moving).toEqual([
      "OrderCancelled", "OrderLinesCancelled", "OrderPlaced", "OrderReinstated", "OrderReturnArrived", "OrderReturnInspected",
      "PaymentCaptured", "PaymentCapturedTwice", "PaymentDisputeClosed", "PaymentDisputed", "PaymentFeeTold", "PaymentRefunded", "RefundReversed",
    ]);
  });

  it("names event, cause and order on each line", () => {
    expect(linesOf(placed, refunded(500, "GOODWILL"))[3]).toMatchObject({
      entryId: `payment-${paymentId}@1/2`, position: 2, line: 2, orderId, account: "receivable", eventType: "PaymentRefunded", cause: "GOODWILL",
    });
  });

  it("does not guess the currency of an order that it does not know", () => expect(() => linesOf(cancelled)).toThrow("stands before OrderPlaced"));

  it("writes the same rows when it is folded again", () => {
    const events = logged(placed, captured, cancelled, refunded(2_490, "ORDER_CANCELLED"));
    const once = foldInBatches(ledgerEntry, events, 2);
    const again = foldInBatches(ledgerEntry, events, 3, new Map(once));
    expect(again).toEqual(once);
  });
});

describe("what an order comes to", () => {
  const accountsAfter = (...events: LedgerEvent[]) => balances(linesOf(...events));
  const settled = (...events: LedgerEvent[]) => isSettled(moneyOf(linesOf(...events)));

  it.each<[string, LedgerEvent[], Record<string, number>]>([
    ["delivered", [placed, captured], { [cash]: 2_429, revenue: -2_490, fees: 61 }],
    ["cancelled before it was paid", [placed, cancelled], {}],
    ["cancelled and refunded", [placed, captured, cancelled, refunded(2_490, "ORDER_CANCELLED")], { [cash]: -61, fees: 61 }],
    ["paid for nothing, and refunded", [placed, cancelled, captured, refunded(2_490, "UNWANTED")], { [cash]: -61, fees: 61 }],
    ["called off, then reinstated by money that came all the same", [placed, cancelled, captured, reinstated], { [cash]: 2_429, revenue: -2_490, fees: 61 }],
    ["lines called off before the capture", [placed, linesCancelled, { ...captured, amountMinor: 1_490 }], { [cash]: 1_429, revenue: -1_490, fees: 61 }],
    ["lines called off after it", [placed, captured, linesCancelled, refunded(1_000, "LINES_CANCELLED")], { [cash]: 1_429, revenue: -1_490, fees: 61 }],
    ["goods came back", [placed, captured, inspected, refunded(1_000, "RETURNED")], { [cash]: 1_429, revenue: -2_490, refunds: 1_000, fees: 61 }],
    ["charged twice", [placed, captured, twice, refunded(2_490, "CAPTURED_TWICE")], { [cash]: 2_368, revenue: -2_490, fees: 122 }],
    ["goodwill", [placed, captured, refunded(500, "GOODWILL")], { [cash]: 1_929, revenue: -2_490, refunds: 500, fees: 61 }],
    ["a dispute won", [placed, captured, disputed, closed("won")], { [cash]: 2_429, revenue: -2_490, fees: 61 }],
    ["a dispute lost", [placed, captured, disputed, closed("lost")], { [cash]: -61, revenue: -2_490, refunds: 2_490, fees: 61 }],
  ])("%s: nobody owes anything", (_name, events, accounts) => {
    expect(accountsAfter(...events)).toEqual(accounts);
    expect(settled(...events)).toBe(true);
  });

  it.each<[string, LedgerEvent[]]>([
    ["is not paid", [placed]],
    ["is paid a cent short", [placed, { ...captured, amountMinor: 2_489 }]],
    ["is cancelled and not refunded", [placed, captured, cancelled]],
    ["is refunded a cent short", [placed, captured, cancelled, refunded(2_489, "ORDER_CANCELLED")]],
    ["is refunded a cent too much", [placed, captured, cancelled, refunded(2_491, "ORDER_CANCELLED")]],
    ["was charged twice and not refunded", [placed, captured, twice]],
    ["had goodwill, is cancelled, and the rest was not refunded", [placed, captured, refunded(500, "GOODWILL"), cancelled, refunded(1_989, "ORDER_CANCELLED")]],
  ])("an order that %s is not settled", (_name, events) => expect(settled(...events)).toBe(false));

  it("goodwill counts against what is called off later, and against nothing else", () => {
    const generous = [placed, captured, refunded(2_000, "GOODWILL"), linesCancelled];
    // 490 of his money are left: these go back, though 1,000 were called off.
    expect(settled(...generous)).toBe(false);
    expect(settled(...generous, refunded(490, "LINES_CANCELLED"))).toBe(true);
    const wholly = [placed, captured, refunded(2_490, "GOODWILL"), cancelled];
    expect(settled(...wholly)).toBe(true);
    expect(settled(...wholly, { ...twice, amountMinor: 1 })).toBe(false);
  });

  it("goodwill before a cancellation is part of what goes back: nobody gets more than he paid", () => {
    const events = [placed, captured, refunded(500, "GOODWILL"), cancelled, refunded(1_990, "ORDER_CANCELLED")];
    expect(accountsAfter(...events)).toEqual({ [cash]: -61, fees: 61, refunds: 500, receivable: -500 });
    expect(settled(...events)).toBe(true);
  });

  it("an order that is called off after a lost dispute gets nothing twice", () => expect(settled(placed, captured, disputed, closed("lost"), cancelled)).toBe(true));
});
