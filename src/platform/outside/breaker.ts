import { CircuitState, circuitBreaker, handleWhen, SamplingBreaker, type CircuitBreakerPolicy, type IBackoff } from "cockatiel";
import { GatewayError } from "../http-client/gateway-error.js";
import type { OutsideState } from "./outside-metrics.js";

export interface BreakerOptions {
  /** Opens where more than this share of the calls in the window failed. Default 0.8: below it repetitions still get through. */
  readonly failureRate?: number;
  /** Default 10,000. */
  readonly windowMs?: number;
  /** Fewer calls in the window than this never open it. Default 20. */
  readonly callsMin?: number;
  /** A call that took longer counts as failed, whatever came of it. */
  readonly slowMs: number;
  /** How long it is open at first; doubled with each probe that fails. Default 2,000. */
  readonly openMs?: number;
  /** Default 60,000. */
  readonly openMaxMs?: number;
}

/** What a call gave, and whether it took too long. */
interface Timed<Answer> {
  readonly answer: Answer;
  readonly slow: boolean;
}

/** The neighbour's failure, not ours, not a refusal: those say that it is alive. 409 is one of our own calls still at work. */
export function isNeighbourFailure(error: unknown): boolean {
  return error instanceof GatewayError && !error.heldBack && (error.kind === "timeout" || error.kind === "unavailable") && error.status !== 409;
}

/** A circuit breaker that says when it will be worth trying again, and lets one probe through at a time. */
export class Breaker {
  readonly #options: Required<BreakerOptions>;
  readonly #onState: (state: OutsideState) => void;
  #policy: CircuitBreakerPolicy;
  #openUntilMs = 0;
  #probing = false;

  constructor(options: BreakerOptions, onState: (state: OutsideState) => void) {
    this.#options = { failureRate: 0.8, windowMs: 10_000, callsMin: 20, openMs: 2_000, openMaxMs: 60_000, ...options };
    this.#onState = onState;
    this.#policy = this.#newPolicy();
  }

  get state(): OutsideState {
    return names[this.#policy.state];
  }

  /** Milliseconds until a call may be tried; 0 where one may be tried now. @param nowMs milliseconds since 1970 */
  waitMs(nowMs: number): number {
    switch (this.#policy.state) {
      case CircuitState.Closed: return 0;
      // The probe under way decides; it takes as long as a slow call at most, or the breaker opens again.
      case CircuitState.HalfOpen: return this.#probing ? this.#options.slowMs : 0;
      case CircuitState.Open: return Math.max(0, this.#openUntilMs - nowMs);
      case CircuitState.Isolated: return this.#options.openMaxMs;
    }
  }

  /** Only while `waitMs` is 0. */
  async run<Answer>(work: () => Promise<Answer>): Promise<Timed<Answer>> {
    const probe = this.#policy.state !== CircuitState.Closed;
    if (probe) this.#probing = true;
    try {
      return await this.#policy.execute(async () => {
        const startedMs = performance.now();
        const answer = await work();
        return { answer, slow: performance.now() - startedMs > this.#options.slowMs };
      });
    } finally {
      if (probe) this.#probing = false;
    }
  }

  /** Keeps it open until `reset`. */
  hold(): void {
    this.#policy.isolate();
  }

  /** Closes it, whatever it has seen. */
  reset(): void {
    this.#policy = this.#newPolicy();
    this.#onState("closed");
  }

  #newPolicy(): CircuitBreakerPolicy {
    const { failureRate: threshold, windowMs: duration, callsMin } = this.#options;
    const isSlow = (result: unknown): boolean => (result as Timed<unknown>).slow;
    const policy = circuitBreaker(handleWhen(isNeighbourFailure).orWhenResult(isSlow), {
      breaker: new SamplingBreaker({ threshold, duration, minimumRps: callsMin / (duration / 1_000) }),
      halfOpenAfter: { next: () => this.#openFor(0) },
    });
    policy.onStateChange((state) => { if (policy === this.#policy) this.#onState(names[state]); });
    return policy;
  }

  /** Doubled each time up to its bound, with jitter: the probes of several processes do not come at once. */
  #openFor(failedProbes: number): IBackoff<unknown> {
    const { openMs, openMaxMs } = this.#options;
    const longest = Math.min(openMaxMs, openMs * 2 ** Math.min(failedProbes, 16));
    const duration = Math.ceil(longest * (0.5 + Math.random() / 2));
    this.#openUntilMs = Date.now() + duration;
    return { duration, next: () => this.#openFor(failedProbes + 1) };
  }
}

const names: Readonly<Record<CircuitState, OutsideState>> = {
  [CircuitState.Closed]: "closed", [CircuitState.HalfOpen]: "half_open", [CircuitState.Open]: "open", [CircuitState.Isolated]: "held_open",
};
