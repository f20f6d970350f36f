import type { Pool } from "pg";
import type { Logger } from "../log/logger.js";
import type { FoldLoop } from "./fold-loop.js";
import { readLag } from "./lag.js";
import type { ProjectorMetrics } from "./projector-metrics.js";
import { isMissing } from "./registry.js";

export interface NodeWatchOptions {
  readonly pool: Pool;
  readonly everyMs: number;
  readonly loop: FoldLoop;
  readonly metrics: ProjectorMetrics | null;
  readonly logger: Logger;
  readonly wake: () => void;
  readonly build: () => void;
  readonly foldHere: () => void;
  /** Every half minute. */
  readonly housekeep: () => void;
}

interface NodeState {
  readonly copying: boolean;
  readonly behind: boolean;
  readonly building: boolean;
}

const housekeepEveryMs = 30_000;

const stateSql = `
  SELECT coalesce((SELECT bootstrap_arrival IS NULL FROM node_identity), true) AS copying,
         EXISTS (SELECT FROM event_log e WHERE e.arrival > (SELECT min(checkpoint) FROM read.projection WHERE state = 'active' AND halted IS NULL)) AS behind,
         EXISTS (SELECT FROM read.projection WHERE state = 'building' AND halted IS NULL) AS building`;

/** Looks at the node now and then, because a notification may be lost: nothing waits longer than this. */
export class NodeWatch {
  #timer: NodeJS.Timeout;
  #closed = false;
  #roundsBefore = -1;
  #housekeptAt = performance.now();

  constructor(private readonly options: NodeWatchOptions) {
    this.#timer = this.#next();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #next(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#look()
        .catch((error: unknown) => {
          // After a resync: a fold that misses its tables makes them.
          if (isMissing(error) && !this.options.loop.running) this.options.foldHere();
          this.options.logger.debug({ err: error }, "the node does not answer the projector's poll");
        })
        .finally(() => { if (!this.#closed) this.#timer = this.#next(); });
    }, this.options.everyMs);
  }

  async #look(): Promise<void> {
    const { pool, loop, wake, build, foldHere, metrics, housekeep } = this.options;
    const { rows: [state] } = await pool.query<NodeState>({ name: "projector_state", text: stateSql });
    if (this.#closed || !state) return;
    if (state.copying) await pool.query("SELECT node_mark_bootstrap()");
    if (state.building) build();
    if (state.behind && !loop.running) {
      // A job was sent at the last look and nothing came of it.
      if (this.#roundsBefore === loop.rounds) foldHere();
      else wake();
    }
    this.#roundsBefore = state.behind ? loop.rounds : -1;
    if (metrics) for (const { projection, events, milliseconds } of await readLag(pool)) metrics.lag(projection, events, milliseconds);
    if (performance.now() - this.#housekeptAt < housekeepEveryMs) return;
    this.#housekeptAt = performance.now();
    housekeep();
  }
}
