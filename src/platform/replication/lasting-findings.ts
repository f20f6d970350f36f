import type { NodeFinding, NodeReport } from "./check-node.js";

/**
 * How long apply may stand still before a person is told, in milliseconds. A node that lost its primary tries again
 * every 5 s (`wal_retrieve_retry_interval`) and goes on by itself; six tries in vain are no short outage any more.
 */
export const applyStoppedToleratedMs = 30_000;

/** Keeps back, look by look, what may pass by itself. */
export class LastingFindings {
  #stoppedSinceMs: number | null = null;
  #errors = 0;

  /** @param nowMs any clock that never goes back */
  constructor(private readonly nowMs: () => number) {}

  /** The findings of a look that a person has to hear of now. */
  of({ findings, applyErrors }: Pick<NodeReport, "findings" | "applyErrors">): readonly NodeFinding[] {
    const nowMs = this.nowMs();
    const found = new Set(findings.map(({ code }) => code));
    const failsOn = applyErrors > this.#errors;
    this.#errors = applyErrors;
    // Nothing can be applied while the primary is away: the time counts from when it is back.
    if (found.has("primary_unreachable")) this.#stoppedSinceMs = null;
    else if (found.has("apply_stopped")) this.#stoppedSinceMs ??= nowMs;
    // A worker that was seen at one of its tries in vain does not apply either.
    else if (!failsOn) this.#stoppedSinceMs = null;
    const lasts = this.#stoppedSinceMs !== null && nowMs - this.#stoppedSinceMs >= applyStoppedToleratedMs;
    return findings.filter(({ code }) => code !== "apply_stopped" || lasts);
  }

  /** Where a look told nothing. */
  forget(): void {
    this.#stoppedSinceMs = null;
  }
}
