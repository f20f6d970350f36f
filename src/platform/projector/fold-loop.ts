import { setTimeout as pause } from "node:timers/promises";
import { classify } from "../bus/failure.js";
import { WakeFlag } from "../live/wake-flag.js";
import { keyOf } from "./advance-build.js";
import { foldRound, type FoldSettings, type RoundOutcome } from "./fold-round.js";
import { isolate } from "./isolate.js";
import type { NodeSession } from "./node-session.js";
import { isMissing } from "./registry.js";
import type { Reporter } from "./reporter.js";

export interface FoldLoopOptions {
  readonly session: NodeSession;
  readonly settings: FoldSettings;
  readonly reporter: Reporter;
  /** How long a run stays for the next event after the last one. */
  readonly lingerMs: number;
  /** Makes registry and tables anew, after a resync has emptied the node. */
  readonly ensure: () => Promise<void>;
  /** Some projections are too far behind to be folded here. */
  readonly onBehind: () => void;
}

const [firstRetryMs, lastRetryMs] = [100, 5_000] as const;

/**
 * Folds the active projections of a node until nothing is left. A run stays a moment for the next event: while
 * orders keep coming, one pg-boss job folds thousands of them, instead of a send, a fetch and a completion for
 * each. It waits on a flag that NOTIFY raises, not by looking again and again.
 */
export class FoldLoop {
  readonly news = new WakeFlag();
  #running = false;
  #rounds = 0;
  #retryMs: number = firstRetryMs;

  constructor(private readonly options: FoldLoopOptions) {}

  get running(): boolean {
    return this.#running;
  }

  /** Rounds so far that folded something. */
  get rounds(): number {
    return this.#rounds;
  }

  /** @returns true where it stopped because `forMs` had passed, with more to come */
  async run(forMs: number, signal: AbortSignal): Promise<boolean> {
    if (this.#running) return false;
    this.#running = true;
    const until = performance.now() + forMs;
    try {
      while (performance.now() < until) {
        if (signal.aborted) return false;
        if (await this.#round(signal)) continue;
        if (await this.news.wait(this.options.lingerMs, signal) !== "raised") return false;
      }
      return true;
    } finally {
      this.#running = false;
    }
  }

  /** @returns true where there is more to fold right away */
  async #round(signal: AbortSignal): Promise<boolean> {
    const { session, settings, reporter, onBehind } = this.options;
    const startedAt = performance.now();
    try {
      const outcome = await foldRound(session, { kind: "active" }, settings);
      reporter.round(outcome, startedAt);
      await this.#isolateSuspects(outcome);
      if (outcome.events > 0) this.#rounds += 1;
      if (outcome.behind.length > 0) onBehind();
      this.#retryMs = firstRetryMs;
      return outcome.more || outcome.suspects.length > 0;
    } catch (error) {
      return this.#recover(error, signal);
    }
  }

  async #isolateSuspects({ suspects }: RoundOutcome): Promise<void> {
    const { session, settings, reporter } = this.options;
    for (const { build } of suspects) reporter.isolated(build.name, await isolate(session, keyOf(build), settings));
  }

  /** Nothing has happened: the same is tried again, later and later. */
  async #recover(error: unknown, signal: AbortSignal): Promise<boolean> {
    const { reporter, ensure } = this.options;
    if (isMissing(error)) await ensure().catch((reason: unknown) => { reporter.trouble(reason, classify(reason)); });
    else reporter.trouble(error, classify(error));
    // Not on the flag: events that keep coming must not turn the wait into a busy loop.
    await pause(this.#retryMs, undefined, { signal }).catch(() => undefined);
    this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs);
    return true;
  }
}
