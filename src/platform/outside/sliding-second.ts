/** Keeps when the last calls went out, so that no second, wherever it begins, holds more than so many. */
export class SlidingSecond {
  readonly #times: Float64Array;
  /** Place of the oldest. */
  #oldest = 0;

  constructor(callsMax: number) {
    this.#times = new Float64Array(callsMax).fill(Number.NEGATIVE_INFINITY);
  }

  /** Milliseconds until one more may go; 0 where it may now, and is counted then. */
  take(nowMs: number): number {
    const waitMs = (this.#times[this.#oldest] ?? 0) + 1_000 - nowMs;
    if (waitMs > 0) return waitMs;
    this.#times[this.#oldest] = nowMs;
    this.#oldest = (this.#oldest + 1) % this.#times.length;
    return 0;
  }
}
