import { setTimeout as delay } from "node:timers/promises";
import { openLoad } from "./load.js";
import type { OpenJob, OpenRecord } from "./load-job.js";
import { cpuSeconds, memoryMebibytes, type Watched } from "./process-figures.js";

/** What the processes took in one phase. */
export interface PhaseCost {
  readonly phase: string;
  /** Cores in use on average, by process. */
  readonly cores: ReadonlyMap<string, number>;
  /** MiB at the phase's end. */
  readonly memory: ReadonlyMap<string, number>;
}

export interface Played {
  readonly record: OpenRecord;
  readonly costs: readonly PhaseCost[];
}

/** Plays an open load, and looks at the processes at the end of each phase. */
export async function play(job: OpenJob, watched: readonly Watched[]): Promise<Played> {
  const costs: PhaseCost[] = [];
  let watching: Promise<void> = Promise.resolve();
  const record = await openLoad(job, (pid) => {
    watching = watch(job, [...watched, { name: "load", pid, withChildren: false }], costs);
  });
  await watching;
  return { record, costs };
}

async function watch({ plan }: OpenJob, watched: readonly Watched[], costs: PhaseCost[]): Promise<void> {
  const startedMs = performance.now();
  let dueMs = 0;
  let [before, beforeMs] = [await cpuSeconds(watched), performance.now()];
  for (const { name, seconds } of plan.phases) {
    dueMs += seconds * 1_000;
    await delay(Math.max(0, startedMs + dueMs - performance.now()));
    const [after, afterMs] = [await cpuSeconds(watched), performance.now()];
    const elapsedSeconds = (afterMs - beforeMs) / 1_000;
    const from = before;
    costs.push({
      phase: name, memory: await memoryMebibytes(watched),
      cores: new Map([...after].map(([process, used]) => [process, (used - (from.get(process) ?? used)) / elapsedSeconds])),
    });
    [before, beforeMs] = [after, afterMs];
  }
}
