/** Nobody is sent away for longer because many others wait as well. */
const spreadMaxMs = 300_000;

/**
 * Tells those who are sent away when to come back, each a little later than the one before: so many a second, so that a
 * backlog does not come back at once.
 */
export class ReturnTimes {
  readonly #stepMs: number;
  #lastMs = 0;

  constructor(perSecond: number) {
    this.#stepMs = 1_000 / perSecond;
  }

  /** Seconds from now. @param waitMs what everybody has to wait @param nowMs milliseconds since 1970 */
  next(waitMs: number, nowMs: number): number {
    const earliest = nowMs + waitMs;
    this.#lastMs = Math.min(Math.max(this.#lastMs, earliest) + this.#stepMs, earliest + spreadMaxMs);
    return (this.#lastMs - nowMs) / 1_000;
  }
}
