import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** The process's metrics, with memory, event loop and garbage collection in it. */
export function createMetrics(labels: Readonly<Record<string, string>> = {}): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ ...labels });
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** Clients choose operation names, so only so many become series of their own; the others share `other`. */
const operationNamesMax = 200;

/** What the API counts of itself. */
export class ApiMetrics {
  readonly #durations: Histogram<"operation" | "failed">;
  readonly #errors: Counter<"code">;
  readonly #slowReaders: Counter;
  readonly #operations = new Set<string>();

  constructor(registry: Registry, sockets: () => number) {
    const registers = [registry];
    this.#durations = new Histogram({
      name: "millrace_graphql_duration_seconds", help: "Time from a request's parsed body to its answer, by operation name.", registers,
      labelNames: ["operation", "failed"], buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    });
    this.#errors = new Counter({ name: "millrace_graphql_errors_total", help: "Top-level errors, by code.", registers, labelNames: ["code"] });
    this.#slowReaders = new Counter({ name: "millrace_live_sockets_slow_total", help: "WebSockets closed because their reader was too slow.", registers });
    new Gauge({
      name: "millrace_live_sockets", help: "WebSockets that are open.", registers,
      collect() { this.set(sockets()); },
    });
  }

  answered(operation: string | null | undefined, startedAt: number, failed: boolean): void {
    this.#durations.observe({ operation: this.#nameOf(operation), failed: failed ? "yes" : "no" }, (performance.now() - startedAt) / 1_000);
  }

  slowReader(): void {
    this.#slowReaders.inc();
  }

  failed(code: unknown): void {
    this.#errors.inc({ code: typeof code === "string" ? code : "UNKNOWN" });
  }

  #nameOf(operation: string | null | undefined): string {
    if (!operation) return "anonymous";
    if (this.#operations.has(operation)) return operation;
    if (this.#operations.size >= operationNamesMax) return "other";
    this.#operations.add(operation);
    return operation;
  }
}
