import type { AlertPort } from "../alerts/alert-port.js";
import type { LivePort } from "../live/live-port.js";
import type { Logger } from "../log/logger.js";
import type { RoundOutcome } from "./fold-round.js";
import type { Isolated } from "./isolate.js";
import type { ProjectorMetrics } from "./projector-metrics.js";

export interface ReporterOptions {
  readonly nodeName: string;
  readonly alerts: AlertPort;
  readonly live: LivePort;
  readonly logger: Logger;
  readonly metrics: ProjectorMetrics | null;
}

/** The same alert is not raised again within this time: a gap is met anew with each poll. */
const quietMs = 60_000;

/** Tells the world what folding came to, after the commit, and without making the fold wait for it. */
export class Reporter {
  readonly #raised = new Map<string, number>();

  constructor(private readonly options: ReporterOptions) {}

  round(outcome: RoundOutcome, startedAt: number): void {
    const { nodeName, live, logger, metrics } = this.options;
    if (outcome.folded.size > 0) metrics?.round((performance.now() - startedAt) / 1_000, outcome.folded);
    if (outcome.pointers.length > 0) {
      live.publish(nodeName, outcome.pointers).catch((error: unknown) => { logger.warn({ err: error }, "pointers were lost; live rows are read again anyway"); });
    }
    if (outcome.gap) {
      const { streamId, missingVersion, position } = outcome.gap;
      metrics?.gap();
      this.alert(`projection_gap:${nodeName}`, "critical",
        `Node ${nodeName} holds the event at position ${position} of ${streamId} and not its version ${missingVersion}: projections wait. If it does not pass by itself, run "millrace resync ${nodeName}".`,
        { node: nodeName, stream: streamId, missingVersion, position });
    }
  }

  isolated(projection: string, { parked, halted }: Isolated): void {
    const { nodeName, metrics } = this.options;
    for (const { event, error } of parked) {
      const { streamId, position } = event.recorded;
      this.alert(`projection_parked:${projection}:${streamId}`, "warning",
        `${projection} on ${nodeName} cannot fold the event at position ${position} of ${streamId}; it and later ones of the stream are parked. Mend the cause, then run \`millrace redrive ${projection} ${streamId}\`.`,
        { node: nodeName, projection, stream: streamId, position, error });
    }
    if (parked.length > 0) metrics?.parked(projection, parked.length);
    if (halted) {
      const { streamId, position } = halted.event.recorded;
      metrics?.parked(projection, 1);
      this.alert(`projection_halted:${projection}`, "critical",
        `${projection} on ${nodeName} stands still before the event at position ${position} of ${streamId}, which it cannot fold. Mend the cause, then run \`millrace redrive ${projection} ${streamId}\`.`,
        { node: nodeName, projection, stream: streamId, position, error: halted.error });
    }
  }

  differences(projection: string, keys: readonly string[]): void {
    if (keys.length === 0) return;
    this.alert(`projection_differs:${projection}`, "critical",
      `A rebuild of ${projection} on ${this.options.nodeName} differs from the live rows at the same checkpoint: ${keys.join(", ")}. The rebuilt rows are active now.`,
      { node: this.options.nodeName, projection, keys: keys.join(",") });
  }

  trouble(error: unknown, kind: string): void {
    const { nodeName, logger } = this.options;
    logger.warn({ err: error, node: nodeName, kind }, "the projector could not fold and tries again");
    if (kind === "full" || kind === "poison") {
      this.alert(`projector_stuck:${nodeName}`, "critical", `The projector of ${nodeName} cannot write and tries again: ${error instanceof Error ? error.message : String(error)}`, { node: nodeName, kind });
    }
  }

  alert(key: string, severity: "warning" | "critical", message: string, details: Record<string, string | number | boolean | null>): void {
    const [now, last] = [Date.now(), this.#raised.get(key)];
    if (last !== undefined && now - last < quietMs) return;
    if (this.#raised.size >= 1_000) this.#raised.clear();
    this.#raised.set(key, now);
    this.options.logger.error({ alert: key, ...details }, message);
    this.options.alerts.raise({ key, severity, message, details }).catch(() => undefined); // it never throws by contract
  }
}
