import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { BreakerState } from "../../kernel/breaker.js";

/**
 * What became of a call. `refused`: the other side's answer was that our request is wrong, so it is alive;
 * `held_*`: it was not sent, by the breaker, the bulkhead, the limit, or because the other side asked for a pause.
 */
export type CallOutcome = "ok" | "slow" | "failed" | "rate_limited" | "refused" | "held_breaker" | "held_bulkhead" | "held_limit" | "held_pause";

const numbers: Readonly<Record<BreakerState, number>> = { closed: 0, half_open: 1, open: 2, held_open: 3 };

/** What is counted of one neighbour. */
export class OutsideMetrics {
  readonly #party: string;
  readonly #state: Gauge;
  readonly #changes: Counter;
  readonly #calls: Counter;
  readonly #seconds: Histogram;

  constructor(party: string, registry: Registry) {
    const registers = [registry];
    const of = <Metric>(name: string, make: () => Metric): Metric => (registry.getSingleMetric(name) as Metric | undefined) ?? make();
    this.#party = party;
    this.#state = of("millrace_outside_state", () => new Gauge({
      name: "millrace_outside_state", help: "The breaker of a neighbour: 0 closed, 1 half open, 2 open, 3 held open by hand.", registers, labelNames: ["party"],
    }));
    this.#changes = of("millrace_outside_changes_total", () => new Counter({
      name: "millrace_outside_changes_total", help: "Changes of a neighbour's breaker that this process has seen, by the state that it came to.",
      registers, labelNames: ["party", "state"],
    }));
    this.#calls = of("millrace_outside_calls_total", () => new Counter({
      name: "millrace_outside_calls_total", help: "Calls to a neighbour by outcome; held_* were not sent.", registers, labelNames: ["party", "outcome"],
    }));
    this.#seconds = of("millrace_outside_seconds", () => new Histogram({
      name: "millrace_outside_seconds", help: "Time of a call to a neighbour, without waiting for its turn.", registers, labelNames: ["party"],
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    }));
    this.#state.set({ party }, numbers.closed);
  }

  changed(state: BreakerState): void {
    this.#state.set({ party: this.#party }, numbers[state]);
    this.#changes.inc({ party: this.#party, state });
  }

  /** @param tookMs null for a call that was not sent */
  call(outcome: CallOutcome, tookMs: number | null): void {
    this.#calls.inc({ party: this.#party, outcome });
    if (tookMs !== null) this.#seconds.observe({ party: this.#party }, tookMs / 1_000);
  }
}
