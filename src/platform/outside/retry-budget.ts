/** How many repetitions a neighbour that fails may be given. */
export interface RetryBudgetOptions {
  /** Repetitions earned by one call that went well. */
  readonly perSuccess: number;
  /** Repetitions earned by the mere passing of a second. */
  readonly perSecond: number;
  /** Repetitions that can be saved up. */
  readonly savedMax: number;
}

/** Nobody waits longer for his repetition. */
const waitMaxSeconds = 300;

/**
 * Every failed call takes one repetition out of the budget, every good one earns some. With the budget in debt a repetition
 * waits until it has been earned, so that a neighbour that struggles is not given several times its usual load.
 */
export class RetryBudget {
  readonly #options: RetryBudgetOptions;
  #saved: number;
  #countedMs: number;

  constructor(options: RetryBudgetOptions, nowMs: number) {
    this.#options = options;
    this.#saved = options.savedMax;
    this.#countedMs = nowMs;
  }

  succeeded(nowMs: number): void {
    this.#earn(this.#options.perSuccess, nowMs);
  }

  /** @returns seconds that the repetition has to wait; 0 while the budget lasts */
  failed(nowMs: number): number {
    this.#earn(-1, nowMs);
    return this.#saved >= 0 ? 0 : Math.min(-this.#saved / this.#options.perSecond, waitMaxSeconds);
  }

  #earn(repetitions: number, nowMs: number): void {
    const { perSecond, savedMax } = this.#options;
    const passed = Math.max(0, nowMs - this.#countedMs) / 1_000;
    this.#countedMs = nowMs;
    // A debt that nobody would wait for is forgiven.
    const leastSaved = -waitMaxSeconds * perSecond;
    this.#saved = Math.max(leastSaved, Math.min(savedMax, this.#saved + passed * perSecond + repetitions));
  }
}
