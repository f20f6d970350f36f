import type { Progress } from "../commands/reconciliation/reconcile-day.job.js";
import type { MetMismatch } from "../commands/reconciliation/reconcile-span.job.js";
import type { AccountOfPayment } from "../events/reconciliation.js";
import { toDecimalString } from "../kernel/money.js";

const heads = ["", "kind", "reference", "order", "ours", "theirs"] as const;

/** A table of what differs, and one line that sums up. */
export function linesOfReconciliation(provider: string, { day, compared, found, repaired }: Progress, shown: readonly MetMismatch[]): string[] {
  const cells = shown.map(({ kind, providerReference, orderId, ours, theirs, repaired: mended }) =>
    [mended ? "repaired" : "OPEN", kind, providerReference, orderId ?? "-", inWords(ours), inWords(theirs)]);
  const widths = heads.map((head, column) => Math.max(head.length, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd();
  const more = found - shown.length;
  return [
    ...(shown.length > 0 ? [line(heads), ...cells.map(line)] : []),
    ...(more > 0 ? [`… and ${String(more)} more: see the query reconciliation.`] : []),
    `${provider} ${day}: ${String(compared)} payments compared, ${String(found)} mismatches, ${String(repaired)} repaired, ${String(found - repaired)} open`,
  ];
}

function inWords(account: AccountOfPayment | null): string {
  if (account === null) return "nothing";
  const { state, currency, capturedMinor, refundedMinor, feeMinor } = account;
  const money = (amountMinor: number): string => (currency === null ? String(amountMinor) : `${toDecimalString({ amountMinor, currency })} ${currency}`);
  return [
    state, ...(capturedMinor > 0 ? [money(capturedMinor)] : []), ...(refundedMinor > 0 ? [`refunded ${money(refundedMinor)}`] : []),
    ...(feeMinor === null ? [] : [`fee ${money(feeMinor)}`]),
  ].join(", ");
}
