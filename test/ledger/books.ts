import { expect } from "@jest/globals";
import type { RecordedEvent } from "../../src/kernel/event.js";
import { ledgerEntry, type LedgerEntryRow } from "../../src/projections/ledger/ledger-entry.projection.js";
import { providerCash, type LedgerEvent } from "../../src/projections/ledger/postings.js";
import { foldInBatches, recorded } from "../projections/in-memory.js";

export const orderId = "11111111-1111-5111-8111-111111111111";
export const paymentId = "22222222-2222-5222-8222-222222222222";
export const cash = providerCash("stripe");

/** Events of one order and its payment as the log would hold them: each on its own stream, in this order. */
export function logged(...events: readonly LedgerEvent[]): RecordedEvent<LedgerEvent>[] {
  const versions = new Map<string, number>();
  return recorded("order", () => "", events).map((each) => {
    const streamCategory = each.event.type.startsWith("Order") ? "order" : "payment";
    const streamId = `${streamCategory}-${streamCategory === "order" ? orderId : paymentId}`;
    const version = (versions.get(streamId) ?? 0) + 1;
    versions.set(streamId, version);
    return { ...each, streamCategory, streamId, version };
  });
}

/** The lines that these events make, folded one by one and all at once. */
export function linesOf(...events: readonly LedgerEvent[]): LedgerEntryRow[] {
  const single = foldInBatches(ledgerEntry, logged(...events), 1);
  expect(foldInBatches(ledgerEntry, logged(...events), 1_000)).toEqual(single);
  return [...single.values()].sort((one, other) => one.position - other.position || one.line - other.line);
}

/** `account amount`, of the last event's lines. */
export function lastEntry(...events: readonly LedgerEvent[]): string[] {
  return linesOf(...events).filter(({ position }) => position === events.length).map(({ account, amountMinor, currency }) => `${account} ${String(amountMinor)} ${currency}`);
}

/** What each account holds; those at 0 are left out. */
export function balances(lines: readonly LedgerEntryRow[]): Record<string, number> {
  const sums = new Map<string, number>();
  for (const { account, amountMinor } of lines) sums.set(account, (sums.get(account) ?? 0) + amountMinor);
  return Object.fromEntries([...sums].filter(([, sum]) => sum !== 0));
}
