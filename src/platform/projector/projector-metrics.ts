import { Counter, Gauge, Histogram, type Registry } from "prom-client";

type Label = "node" | "projection";

/** What a projector counts; one set of series for all nodes of a process. */
export class ProjectorMetrics {
  readonly #folded: Counter<Label>;
  readonly #parked: Counter<Label>;
  readonly #gaps: Counter<Label>;
  readonly #rounds: Histogram<Label>;
  readonly #lagEvents: Gauge<Label>;
  readonly #lagSeconds: Gauge<Label>;

  constructor(registry: Registry, private readonly node: string) {
    const registers = [registry];
    this.#folded = existing(registry, "millrace_projector_events_total") as Counter<Label> | undefined
      ?? new Counter({ name: "millrace_projector_events_total", help: "Events folded, by projection.", labelNames: ["node", "projection"], registers });
    this.#parked = existing(registry, "millrace_projector_parked_total") as Counter<Label> | undefined
      ?? new Counter({ name: "millrace_projector_parked_total", help: "Events that failed alone and were parked, or halted a projection.", labelNames: ["node", "projection"], registers });
    this.#gaps = existing(registry, "millrace_projector_gaps_total") as Counter<Label> | undefined
      ?? new Counter({ name: "millrace_projector_gaps_total", help: "Rounds that stopped before a stream with a missing version.", labelNames: ["node"], registers });
    this.#rounds = existing(registry, "millrace_projector_round_seconds") as Histogram<Label> | undefined
      ?? new Histogram({ name: "millrace_projector_round_seconds", help: "Time of one fold, from lock to commit.", labelNames: ["node"], registers, buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5] });
    this.#lagEvents = existing(registry, "millrace_projection_lag_events") as Gauge<Label> | undefined
      ?? new Gauge({ name: "millrace_projection_lag_events", help: "Events received and not folded.", labelNames: ["node", "projection"], registers });
    this.#lagSeconds = existing(registry, "millrace_projection_lag_seconds") as Gauge<Label> | undefined
      ?? new Gauge({ name: "millrace_projection_lag_seconds", help: "Age of the oldest event that is not folded.", labelNames: ["node", "projection"], registers });
  }

  round(seconds: number, folded: ReadonlyMap<string, number>): void {
    this.#rounds.observe({ node: this.node }, seconds);
    for (const [projection, count] of folded) this.#folded.inc({ node: this.node, projection }, count);
  }

  parked(projection: string, count: number): void {
    this.#parked.inc({ node: this.node, projection }, count);
  }

  gap(): void {
    this.#gaps.inc({ node: this.node });
  }

  lag(projection: string, events: number, milliseconds: number): void {
    this.#lagEvents.set({ node: this.node, projection }, events);
    this.#lagSeconds.set({ node: this.node, projection }, milliseconds / 1_000);
  }
}

function existing(registry: Registry, name: string): unknown {
  return registry.getSingleMetric(name);
}
