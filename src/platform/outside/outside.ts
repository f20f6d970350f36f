import { bulkhead, BulkheadRejectedError, type BulkheadPolicy } from "cockatiel";
import type { Registry } from "prom-client";
import type { BreakerCondition, BreakerState } from "../../kernel/breaker.js";
import { GatewayError } from "../http-client/gateway-error.js";
import type { Logger } from "../log/logger.js";
import { Breaker, isNeighbourFailure, type BreakerOptions, type CallKind, type Pass } from "./breaker.js";
import { CallPace } from "./call-pace.js";
import { OutsideMetrics, type CallOutcome } from "./outside-metrics.js";
import { RetryBudget } from "./retry-budget.js";
import { ReturnTimes } from "./return-times.js";
import { LocalBreaker, type SharedBreaker } from "./shared-breaker.js";

export interface OutsideOptions {
  /** The neighbour's name, in metrics, logs and messages, e.g. `stripe`. */
  readonly party: string;
  readonly breaker: BreakerOptions;
  /** The breaker that all processes have in common; without it this one has its own. */
  readonly shared?: SharedBreaker | undefined;
  /** Calls under way at once, without questions: these have half as many places of their own. */
  readonly callsMax: number;
  /** Calls that wait for one of those to end. Default 1,000. */
  readonly callsWaitingMax?: number;
  /** 0: as many as there are. */
  readonly callsPerSecond: number;
  /** Longest wait for a turn within `callsPerSecond`. Default 2,000. */
  readonly turnWaitMaxMs?: number;
  /** Where several processes keep to `callsPerSecond` together. */
  readonly redisUrl?: string | undefined;
  readonly registry: Registry;
  readonly logger: Logger;
  /** Told of each change of the breaker. */
  readonly onChange?: ((state: BreakerState) => void) | undefined;
  /** Told, of each call, that the neighbour does not take our key. */
  readonly onLockedOut?: (() => void) | undefined;
}

export interface CallOptions {
  /** Default `deed`. */
  readonly kind?: CallKind;
  /** Codes of a 429 that refuses this request alone, and asks for no pause. */
  readonly noPause?: ReadonlySet<string>;
}

/** Places of questions, beside those of all other calls: none of these ever waits behind one. As many may wait for theirs. */
export function questionsMaxOf(callsMax: number): number {
  return Math.ceil(callsMax / 2);
}

/** How much of the longest wait for a turn a question may use up: what is left is for the others. */
const questionPatience = 0.25;
/** Those who were held back come back at this rate where no other is set. */
const returnsPerSecond = 100;
/** As many repetitions as good calls, and ten a second. */
const retryBudget = { perSuccess: 1, perSecond: 10, savedMax: 100 };
/** After a 429 that does not say for how long. */
const unsaidPauseMs = 1_000;
/** Who can choose another neighbour does not wait for the end of a longer one. */
const longPauseMs = 5_000;
/** Until a place in the bulkhead may be free. */
const bulkheadWaitMs = 1_000;

/**
 * The one way to a neighbour. It bounds the calls at once and a second, stops calling one that is down until a probe gets
 * through, keeps the pause that it asks for, and bounds repetitions. What it holds back fails as a `GatewayError` that was
 * never sent, is not in doubt, and says when it is worth coming back.
 */
export class Outside {
  readonly party: string;
  readonly #options: OutsideOptions;
  readonly #metrics: OutsideMetrics;
  readonly #shared: SharedBreaker;
  readonly #breaker: Breaker;
  readonly #bulkhead: BulkheadPolicy;
  readonly #questions: BulkheadPolicy;
  readonly #pace: CallPace | null;
  readonly #budget: RetryBudget;
  readonly #returns: ReturnTimes;
  #known: BreakerCondition;
  #pausedUntilMs = 0;

  constructor(options: OutsideOptions) {
    const { party, breaker, callsMax, callsWaitingMax = 1_000, callsPerSecond, turnWaitMaxMs: waitMaxMs = 2_000, redisUrl, registry } = options;
    this.party = party;
    this.#options = options;
    this.#metrics = new OutsideMetrics(party, registry);
    this.#shared = options.shared ?? new LocalBreaker(party);
    this.#known = this.#shared.condition;
    this.#breaker = new Breaker(breaker, this.#shared);
    this.#shared.follow((condition) => { this.#changed(condition); });
    this.#bulkhead = bulkhead(callsMax, callsWaitingMax);
    const questionsMax = questionsMaxOf(callsMax);
    this.#questions = bulkhead(questionsMax, questionsMax);
    this.#pace = callsPerSecond === 0 ? null : new CallPace({ party, callsPerSecond, waitMaxMs, redisUrl });
    this.#budget = new RetryBudget(retryBudget, Date.now());
    this.#returns = new ReturnTimes(callsPerSecond || returnsPerSecond);
  }

  /** Half open as soon as its time is over, though nobody may have tried it yet. */
  get state(): BreakerState {
    return this.#breaker.state(Date.now());
  }

  /** The state as calls meet it: one that only judges, and is not held by hand, keeps nobody back; a long pause that the neighbour asked for does. */
  get way(): BreakerState {
    const { state } = this;
    if (state !== "held_open" && this.#pausedUntilMs > Date.now() + longPauseMs) return "open";
    return this.#shared.condition.dryRun && state !== "held_open" ? "closed" : state;
  }

  /** Half open, and the next deed would be let through. */
  get probeFree(): boolean {
    return this.#breaker.probeFree(Date.now());
  }

  /** @throws GatewayError `heldBack` where it was not sent; otherwise what `work` throws */
  async call<Answer>(work: () => Promise<Answer>, options: CallOptions = {}): Promise<Answer> {
    const { kind = "deed" } = options;
    this.#expectOpenWay(kind);
    try {
      return await (kind === "question" ? this.#questions : this.#bulkhead).execute(() => this.#inTurn(work, kind, options));
    } catch (error) {
      if (error instanceof BulkheadRejectedError) throw this.#heldBack("held_bulkhead", "unavailable", bulkheadWaitMs);
      throw error;
    }
  }

  /** By hand: no call goes out until `reset`. */
  hold(): void {
    void this.#shared.move({ type: "HoldOpen", reason: "by this process", by: "process" });
  }

  /** By hand: closes the breaker and ends a pause, whatever has been seen. */
  reset(): void {
    void this.#shared.move({ type: "Reset", by: "process" });
  }

  close(): void {
    this.#pace?.close();
  }

  async #inTurn<Answer>(work: () => Promise<Answer>, kind: CallKind, { noPause }: CallOptions): Promise<Answer> {
    // While it waited for its place, things may have changed.
    this.#expectOpenWay(kind);
    const waitMs = await this.#pace?.turn(kind === "question" ? questionPatience : 1) ?? 0;
    if (waitMs > 0) throw this.#heldBack("held_limit", "rate_limited", waitMs);
    this.#expectOpenWay(kind);
    const pass = await this.#breaker.admit(kind);
    if (pass === null) throw this.#heldBack("held_breaker", "unavailable", this.#breaker.waitMs(kind, Date.now()));
    return this.#send(work, pass, noPause);
  }

  async #send<Answer>(work: () => Promise<Answer>, pass: Pass, noPause?: ReadonlySet<string>): Promise<Answer> {
    const startedMs = performance.now();
    const count = (outcome: CallOutcome): void => { this.#metrics.call(outcome, performance.now() - startedMs); };
    try {
      const { answer, slow } = await this.#breaker.run(pass, work);
      count(slow ? "slow" : "ok");
      this.#budget.succeeded(Date.now());
      return answer;
    } catch (error) {
      throw this.#failed(error, count, noPause);
    }
  }

  #failed(error: unknown, count: (outcome: CallOutcome) => void, noPause?: ReadonlySet<string>): unknown {
    if (!(error instanceof GatewayError)) return error;
    if (error.kind === "rate_limited" && noPause?.has(error.code ?? "")) {
      count("refused");
      return error;
    }
    const nowMs = Date.now();
    const limited = error.kind === "rate_limited";
    const pauseMs = this.#pause(error, nowMs);
    if (limited) {
      count("rate_limited");
      return error.notBefore(this.#returns.next(pauseMs, nowMs));
    }
    if (error.status === 401 || error.status === 403) this.#options.onLockedOut?.();
    const neighbours = isNeighbourFailure(error);
    count(neighbours ? "failed" : "refused");
    if (!neighbours) return error;
    const earned = this.#budget.failed(nowMs);
    return earned * 1_000 > pauseMs ? error.notBefore(earned) : error;
  }

  /** @returns milliseconds that the neighbour asked for; whose own call is still at work comes back later, and the others need not wait for it */
  #pause({ kind, status, retryAfterSeconds }: GatewayError, nowMs: number): number {
    const pauseMs = retryAfterSeconds === undefined ? (kind === "rate_limited" ? unsaidPauseMs : 0) : retryAfterSeconds * 1_000;
    if (status !== 409) this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + pauseMs);
    return pauseMs;
  }

  /** @throws GatewayError where the neighbour asked for a pause, or is down */
  #expectOpenWay(kind: CallKind): void {
    const nowMs = Date.now();
    if (this.#pausedUntilMs > nowMs) throw this.#heldBack("held_pause", "rate_limited", this.#pausedUntilMs - nowMs);
    const waitMs = this.#breaker.waitMs(kind, nowMs);
    if (waitMs > 0) throw this.#heldBack("held_breaker", "unavailable", waitMs);
  }

  #heldBack(outcome: CallOutcome, kind: "unavailable" | "rate_limited", waitMs: number): GatewayError {
    this.#metrics.call(outcome, null);
    return new GatewayError(kind, `the call to ${this.party} was not sent: ${reasons[outcome] ?? outcome}`, {
      inDoubt: false, heldBack: true, code: outcome, retryAfterSeconds: this.#returns.next(waitMs, Date.now()),
    });
  }

  #changed(condition: BreakerCondition): void {
    const { logger, onChange } = this.#options;
    const [{ state: before, resets }, { state, dryRun }] = [this.#known, condition];
    this.#known = condition;
    if (condition.resets !== resets) this.#pausedUntilMs = 0;
    if (state === before) return;
    this.#metrics.changed(state);
    logger[state === "closed" ? "info" : "warn"]({ party: this.party, state, dryRun }, "the breaker of a neighbour changed");
    onChange?.(state);
  }
}

const reasons: Partial<Record<CallOutcome, string>> = {
  held_breaker: "it is down", held_bulkhead: "too many calls at once", held_limit: "too many calls a second", held_pause: "it asked for a pause",
};
