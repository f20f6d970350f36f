import type { LedgerEntryRow } from "./ledger-entry.projection.js";
import { receivable } from "./postings.js";

/** What an order's lines add up to, in minor units. */
export interface OrderMoney {
  /** What the buyer owes; below 0 what we owe. */
  readonly receivableMinor: number;
  /** Of the fixed total what has not been called off, returned or reverted. */
  readonly owedMinor: number;
  /** Captures that count; more than one is a double charge. */
  readonly captures: number;
  readonly capturedMinor: number;
  /** Of captures that count, whatever the cause. */
  readonly refundedMinor: number;
  /** Charges that came twice, and what went back of them. */
  readonly strayMinor: number;
  readonly strayRefundedMinor: number;
  /** Given back though nothing was called off for it: goodwill, lost disputes. */
  readonly courtesyMinor: number;
  readonly lostMinor: number;
}

type Line = Pick<LedgerEntryRow, "account" | "amountMinor" | "eventType" | "cause">;

export function moneyOf(lines: readonly Line[]): OrderMoney {
  const onReceivable = (isMeant: (line: Line) => boolean): number =>
    lines.filter((line) => line.account === receivable && isMeant(line)).reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  const lost = lines.filter(({ eventType, cause, amountMinor }) => eventType === "PaymentDisputeClosed" && cause === "lost" && amountMinor > 0);
  const lostMinor = lost.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  const goodwillMinor = -onReceivable(({ eventType, cause, amountMinor }) => cause === "GOODWILL" && isRefund(eventType, -amountMinor));
  const refundedBy = (isMeant: (cause: string | null) => boolean): number =>
    onReceivable(({ eventType, cause, amountMinor }) => isRefund(eventType, amountMinor) && isMeant(cause));
  return {
    receivableMinor: onReceivable(() => true),
    owedMinor: onReceivable(({ eventType }) => eventType.startsWith("Order")),
    captures: lines.filter(({ account, eventType }) => account === receivable && eventType === "PaymentCaptured").length,
    capturedMinor: -onReceivable(({ eventType }) => eventType === "PaymentCaptured") || 0,
    refundedMinor: refundedBy((cause) => cause !== "CAPTURED_TWICE"),
    strayMinor: -onReceivable(({ eventType }) => eventType === "PaymentCapturedTwice") || 0,
    strayRefundedMinor: refundedBy((cause) => cause === "CAPTURED_TWICE"),
    courtesyMinor: goodwillMinor + lostMinor || 0,
    lostMinor,
  };
}

/** A refund debits what buyers owe, and its reversal credits it; what goodwill grants has the other sign. */
function isRefund(eventType: Line["eventType"], amountMinor: number): boolean {
  return (eventType === "PaymentRefunded" && amountMinor > 0) || (eventType === "RefundReversed" && amountMinor < 0);
}

/**
 * Whether nobody owes anybody anything. An order that is called off after goodwill or a lost dispute leaves a credit of
 * at most that much: by then all that was captured has gone back, and nobody gets more than he paid.
 */
export function isSettled({ receivableMinor, capturedMinor, refundedMinor, lostMinor, courtesyMinor }: OrderMoney): boolean {
  if (receivableMinor === 0) return true;
  return receivableMinor < 0 && -receivableMinor <= courtesyMinor && refundedMinor + lostMinor >= capturedMinor;
}
