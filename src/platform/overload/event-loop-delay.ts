import { monitorEventLoopDelay } from "node:perf_hooks";

const resolutionMs = 20;

/** How late the event loop was on average since it was last asked. */
export class EventLoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: resolutionMs });

  constructor() {
    this.#histogram.enable();
  }

  /** Milliseconds; begins anew. The histogram holds whole turns of its own timer, so the timer's time goes off. */
  take(): number {
    const { count, mean } = this.#histogram;
    this.#histogram.reset();
    return count === 0 ? 0 : Math.max(0, mean / 1e6 - resolutionMs);
  }

  close(): void {
    this.#histogram.disable();
  }
}
