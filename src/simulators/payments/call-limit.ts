import type { RequestKind } from "./fault-orders.js";

/** How the provider was called since it started. */
export interface CallCounts {
  readonly calls: number;
  /** Answered with 429 because too many came. */
  readonly refused: number;
  readonly byKind: Readonly<Partial<Record<RequestKind, number>>>;
  /** The most that came within one second of the clock. */
  readonly busiestSecond: number;
}

/**
 * Counts calls, and says which are too many: a bucket that holds a second's worth and fills as fast, so
 * a caller that stays within the rate in every second is never refused, wherever its seconds begin.
 */
export class CallLimit {
  readonly #byKind: Partial<Record<RequestKind, number>> = {};
  #calls = 0;
  #refused = 0;
  #second = 0;
  #inSecond = 0;
  #busiest = 0;
  #perSecond = 0;
  #tokens = 0;
  #filledMs = 0;

  /** @returns 0 where the call may go on, otherwise the whole seconds to wait */
  count(kind: RequestKind | null, perSecond: number, nowMs: number): number {
    this.#calls += 1;
    if (kind !== null) this.#byKind[kind] = (this.#byKind[kind] ?? 0) + 1;
    const second = Math.floor(nowMs / 1_000);
    this.#inSecond = second === this.#second ? this.#inSecond + 1 : 1;
    this.#second = second;
    this.#busiest = Math.max(this.#busiest, this.#inSecond);
    return perSecond === 0 ? 0 : this.#take(perSecond, nowMs);
  }

  counts(): CallCounts {
    return { calls: this.#calls, refused: this.#refused, byKind: { ...this.#byKind }, busiestSecond: this.#busiest };
  }

  #take(perSecond: number, nowMs: number): number {
    const full = Math.max(1, perSecond);
    // A rate that was just set begins with a full bucket.
    const filled = this.#perSecond === perSecond ? this.#tokens + Math.max(0, nowMs - this.#filledMs) / 1_000 * perSecond : full;
    this.#perSecond = perSecond;
    this.#filledMs = nowMs;
    this.#tokens = Math.min(full, filled);
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return 0;
    }
    this.#refused += 1;
    return Math.max(1, Math.ceil((1 - this.#tokens) / perSecond));
  }
}
