import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "../log/logger.js";

export interface PeriodicOptions {
  readonly name: string;
  /** From the end of one round to the beginning of the next. */
  readonly everyMs: number;
  /** One round. May begin the next at once by returning true: there is more to do. */
  readonly round: (signal: AbortSignal) => Promise<boolean>;
  readonly logger: Logger;
}

/** A part that can be stopped. */
export interface Periodic {
  /** Lets the round at work come to its end. */
  stop(): Promise<void>;
}

/**
 * Does something again and again, more often than pg-boss schedules (once a minute), and never twice at a time in one
 * process. Several processes may do the same: each round has to be harmless beside another's.
 */
export function startPeriodic({ name, everyMs, round, logger }: PeriodicOptions): Periodic {
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async (): Promise<void> => {
    let failing = false;
    while (!signal.aborted) {
      let more = false;
      try {
        more = await round(signal);
        failing = false;
      } catch (error) {
        // One line for an outage, however many rounds it lasts.
        if (!failing) logger.warn({ err: error, name }, "a round failed and is tried again");
        failing = true;
      }
      if (!more) await delay(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  };
  const done = run();
  return {
    async stop() {
      stopping.abort();
      await done;
    },
  };
}
