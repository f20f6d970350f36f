import { Gauge, type Registry } from "prom-client";
import type { Logger } from "../log/logger.js";
import { startPeriodic, type Periodic } from "../jobs/periodic.js";
import { countDeadLetters, countedMax, type Reader } from "./dead-letter.js";

const sampleEveryMs = 15_000;

/** Tells how many dead letters there are, as of the last sample: a scrape asks the primary nothing. */
export function sampleDeadLetters(reader: Reader, registry: Registry, logger: Logger, everyMs = sampleEveryMs): Periodic {
  const gauge = new Gauge({
    name: "millrace_dead_letters", help: `Jobs on the primary that failed for good and wait for an operator, by queue; counted up to ${String(countedMax)}.`,
    registers: [registry], labelNames: ["queue"],
  });
  return startPeriodic({
    name: "operations.dead-letters-sample", everyMs, logger,
    async round() {
      for (const [queue, letters] of await countDeadLetters(reader)) gauge.set({ queue }, letters);
      return false;
    },
  });
}
