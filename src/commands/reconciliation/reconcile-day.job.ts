import type { AlertPort } from "../../platform/alerts/alert-port.js";
import { envelope, reconcileSpan, type MetMismatch, type ReconciliationParts } from "./reconcile-span.job.js";
import { finishReconciliation } from "./record-mismatch.js";
import { beginOf, spanFrom } from "./shop-day.calendar.js";

/** How far a run over a day has come; small, since it travels from job to job. */
export type Progress = {
  readonly day: string;
  readonly run: string;
  /** Where the next span begins, RFC 3339. */
  readonly from: string;
  readonly beganAt: string;
  readonly compared: number;
  readonly found: number;
  readonly repaired: number;
};

export interface DayParts extends ReconciliationParts {
  readonly alerts: AlertPort;
  readonly timeZone: string;
}

export interface Step {
  readonly progress: Progress;
  readonly met: readonly MetMismatch[];
  /** True where the day is through, and that is written down. */
  readonly finished: boolean;
}

/** @param beganAt RFC 3339 */
export function beginDay(day: string, run: string, timeZone: string, beganAt: string): Progress {
  return { day, run, from: beginOf(day, timeZone), beganAt, compared: 0, found: 0, repaired: 0 };
}

/**
 * Compares the next span of the day; a step that is repeated comes to the same.
 * @throws GatewayError, SystemError: repeat the step
 */
export async function reconcileNext(parts: DayParts, before: Progress, signal?: AbortSignal): Promise<Step> {
  const { from, to, last } = spanFrom(before.from, before.day, parts.timeZone);
  const { compared, met } = await reconcileSpan(parts, { day: before.day, run: before.run, from, to }, signal);
  const progress = {
    ...before, from: to, compared: before.compared + compared, found: before.found + met.length,
    repaired: before.repaired + met.filter(({ repaired }) => repaired).length,
  };
  if (last) await finish(parts, progress);
  return { progress, met, finished: last };
}

async function finish({ bus, provider: { name: provider }, alerts, timeZone }: DayParts, progress: Progress): Promise<void> {
  const { day, run, compared, found, repaired, beganAt } = progress;
  const open = found - repaired;
  await bus.execute(finishReconciliation, { type: "Finish", day, provider, run, compared, found, repaired, open, beganAt }, envelope());
  if (open === 0) return;
  await alerts.raise({
    key: `reconciliation_open:${provider}:${day}`, severity: "warning",
    message: `${String(open)} payments of ${day} (${timeZone}) are not the same in the books of ${provider} and in ours: see the query reconciliation.`,
    details: { day, provider, open },
  });
}
