import type { BreakerEvent, BreakerState, OpeningReason } from "../../events/breakers.js";
import type { RecordedEvent } from "../../kernel/event.js";
import { defineProjection, type Rows } from "../../kernel/projection.js";

/** How the breaker of a neighbour stands, and why. */
export interface BreakerCardRow {
  readonly party: string;
  /** `open` also when its time is over and nobody has probed yet. */
  readonly state: BreakerState;
  readonly since: string;
  readonly openUntil: string | null;
  readonly dryRun: boolean;
  /** Since it was last closed. */
  readonly openings: number;
  /** Of the window that opened it last; null where a probe did, or nothing yet. */
  readonly failureRate: number | null;
  readonly calls: number | null;
  /** Of the last change: an operator's own words, or why it opened by itself. */
  readonly reason: string | null;
  /** Who made the last change; null where it was the breaker itself. */
  readonly changedBy: string | null;
  readonly version: number;
}

export const breakersChannel = "breakers";

/** One row a neighbour, from its first call on. */
export const breakerCard = defineProjection<BreakerEvent, BreakerCardRow>({
  name: "breaker_card",
  version: 1,
  categories: ["breaker"],
  key: "party",
  touches: ({ party }) => [party],
  on: {
    BreakerInstalled: ({ party, at }, rows, { version }) => rows.put({
      party, state: "closed", since: at, openUntil: null, dryRun: false, openings: 0, failureRate: null, calls: null, reason: null, changedBy: null, version,
    }),
    BreakerOpened: (event, rows, recorded) => {
      const { at, openUntil, openings, reason, failureRate, calls } = event;
      // Since when it is down, not since when it was tried in vain.
      const since = openings === 1 ? { since: at } : {};
      const window = calls === null ? {} : { failureRate, calls };
      change(event, rows, recorded, { state: "open", openUntil, openings, reason: words[reason], changedBy: null, ...since, ...window });
    },
    BreakerHalfOpened: (event, rows, recorded) => change(event, rows, recorded, { state: "half_open" }),
    BreakerProbeClaimed: "ignored",
    BreakerProbeSucceeded: "ignored",
    BreakerClosed: (event, rows, recorded) => change(event, rows, recorded, { ...closed, since: event.at, reason: "its probes went well", changedBy: null }),
    BreakerHeldOpen: (event, rows, recorded) => change(event, rows, recorded, {
      state: "held_open", since: event.at, openUntil: null, reason: event.reason, changedBy: event.by,
    }),
    BreakerReset: (event, rows, recorded) => change(event, rows, recorded, { ...closed, since: event.at, reason: "reset by hand", changedBy: event.by }),
    BreakerDryRunSet: (event, rows, recorded) => change(event, rows, recorded, {
      dryRun: event.dryRun, reason: event.dryRun ? "dry run begun" : "dry run ended", changedBy: event.by,
    }),
  },
  push: () => [breakersChannel],
});

const closed = { state: "closed", openUntil: null, openings: 0 } as const;

const words: Readonly<Record<OpeningReason, string>> = {
  failure_rate: "too many of its calls failed", failures_in_row: "too many calls in a row failed", probe_failed: "a probe failed",
};

function change({ type, party }: BreakerEvent, rows: Rows<BreakerCardRow>, { version }: RecordedEvent<BreakerEvent>, changes: Partial<BreakerCardRow>): void {
  const known = rows.change(party, (row) => ({ ...row, ...changes, version }));
  if (!known) throw new Error(`${type} of ${party} stands before BreakerInstalled`);
}
