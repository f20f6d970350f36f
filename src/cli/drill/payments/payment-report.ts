import { toDecimalString } from "../../../kernel/money.js";
import { told } from "../kill-report.js";
import type { PaymentDrillResult } from "./payment-drill.js";

/** What the buyers did, both books, and what was found. */
export function paymentReport({ kills, outages, storm, ours, theirs, differences, reconcileExitCode, doctorExitCode, stopExitCode, ok }: PaymentDrillResult): string {
  const { acknowledged, doubled, retried, cancelled, refundsAsked, refundsRefused, statuses, open } = storm;
  return [
    "",
    `went wrong    half of the provider's calls, a fifth of its webhooks, ${outages} outages of it, ${kills.length} kills of the server`,
    `buyers        ${acknowledged.size} orders acknowledged, ${retried} paid otherwise after a refusal, ${cancelled} called off, ${refundsAsked} refunds asked for of which ${refundsRefused} refused`,
    `orders        ${Object.entries(statuses).sort(([a], [b]) => (a < b ? -1 : 1)).map(([status, count]) => `${count} ${status}`).join(", ")}`,
    `open          ${told(open)}`,
    `doubled       ${told(doubled)}`,
    `paid twice    ${told([...new Set([...ours.chargedTwice, ...theirs.ordersChargedTwice])])}`,
    `provider      ${theirs.charges} charges of ${money(theirs.chargedMinor)}, ${theirs.refunds} refunds of ${money(theirs.refundedMinor)}, ${theirs.declined} declined`,
    `our books     ${ours.captures} charges of ${money(ours.capturedMinor)}, ${ours.refunds} refunds of ${money(ours.refundedMinor)}`,
    `differences   ${differences.length === 0 ? "0" : differences.join("; ")}`,
    `reconcile     ${verdict(reconcileExitCode, "0 mismatches left")}`,
    `doctor        ${verdict(doctorExitCode, "clean")}`,
    `stop          ${verdict(stopExitCode, "clean")}`,
    ok ? "The drill was passed." : "THE DRILL WAS NOT PASSED.",
  ].join("\n");
}

function verdict(exitCode: number | null, well: string): string {
  return exitCode === 0 ? well : `exit code ${String(exitCode)}: see its log`;
}

function money(minor: Readonly<Record<string, number>>): string {
  const sums = Object.entries(minor).map(([currency, amountMinor]) => `${toDecimalString({ amountMinor, currency })} ${currency}`);
  return sums.length === 0 ? "nothing" : sums.join(" and ");
}
