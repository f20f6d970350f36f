import { setTimeout as delay } from "node:timers/promises";

/** Gives each order its moment, evenly spread; at once where no rate is asked for. */
export class Pace {
  readonly #startedMs = performance.now();
  #given = 0;

  /** @param perSecond null for as fast as it goes */
  constructor(private readonly perSecond: number | null) {}

  /**
   * Waits for the next moment and returns it. One that has passed already is returned at once as it was: what a slow
   * shop makes wait counts as its latency, and is not left out.
   */
  async next(signal: AbortSignal): Promise<number> {
    if (this.perSecond === null) return performance.now();
    const dueMs = this.#startedMs + (this.#given * 1_000) / this.perSecond;
    this.#given += 1;
    const waitMs = dueMs - performance.now();
    if (waitMs > 1) await delay(waitMs, undefined, { signal }).catch(() => undefined);
    return dueMs;
  }
}
