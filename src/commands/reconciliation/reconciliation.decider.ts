import type { ReconciliationFinished } from "../../events/reconciliation.js";
import { defineStream, type Decider } from "../../kernel/decider.js";

/** The runs over one day that came to their end. */
interface Reconciliation {
  readonly runs: ReadonlySet<string>;
}

export type FinishReconciliation = { readonly type: "Finish" } & Omit<ReconciliationFinished, "type">;

/** One stream for a provider and a day, one fact for a run. */
export const reconciliationDecider: Decider<Reconciliation, FinishReconciliation, ReconciliationFinished> = {
  initial: { runs: new Set() },
  decide({ type: _, ...facts }, { runs }) {
    return runs.has(facts.run) ? [] : [{ type: "ReconciliationFinished", ...facts }];
  },
  evolve({ runs }, { run }) {
    return { runs: new Set(runs).add(run) };
  },
};

export const reconciliationStream = defineStream("reconciliation", reconciliationDecider);

/** `stripe-2026-01-31`. */
export function reconciliationId(provider: string, day: string): string {
  return `${provider}-${day}`;
}
