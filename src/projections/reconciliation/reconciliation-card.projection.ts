import type { ReconciliationFinished } from "../../events/reconciliation.js";
import { defineProjection } from "../../kernel/projection.js";

/** What the last run over a provider's day came to. */
export interface ReconciliationCardRow {
  /** `stripe-2026-01-31`. */
  readonly reconciliationId: string;
  readonly provider: string;
  readonly day: string;
  readonly compared: number;
  readonly found: number;
  readonly repaired: number;
  readonly open: number;
  /** Runs that came to their end. */
  readonly runs: number;
  readonly beganAt: string;
  readonly finishedAt: string;
  readonly version: number;
}

/** One row a provider and a day. */
export const reconciliationCard = defineProjection<ReconciliationFinished, ReconciliationCardRow>({
  name: "reconciliation_card",
  version: 1,
  categories: ["reconciliation"],
  key: "reconciliationId",
  touches: ({ provider, day }) => [`${provider}-${day}`],
  on: {
    ReconciliationFinished({ provider, day, compared, found, repaired, open, beganAt }, rows, { version, recordedAt }) {
      const reconciliationId = `${provider}-${day}`;
      const runs = (rows.get(reconciliationId)?.runs ?? 0) + 1;
      rows.put({ reconciliationId, provider, day, compared, found, repaired, open, runs, beganAt, finishedAt: recordedAt, version });
    },
  },
});
