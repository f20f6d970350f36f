import { setTimeout as delay } from "node:timers/promises";
import type { CpuShare } from "../overload/cpu-share.js";

/** Less than that of the processors, of what it wanted: others on the machine are pressed. */
const contendedBelow = 0.7;
/** Waits so many times as long as it worked: a fifth of the time is left for jobs. */
const restPerWork = 4;
const restMaxMs = 1_000;
/** Whoever has waited that long is not made to wait any more. */
const patienceMs = 60_000;

export interface Rest {
  /** See `CpuShare`. */
  readonly share: number;
  /** What the batch took. */
  readonly tookMs: number;
  /** How long the batch's first job had been due. */
  readonly waitedMs: number;
}

/**
 * How long a worker rests after a batch, so that orders go first on a machine that both want: not at all while the processors are
 * free, and the less the longer jobs have waited, so that a rush that does not end delays a payment by about a minute and no more.
 */
export function restMs({ share, tookMs, waitedMs }: Rest): number {
  if (share >= contendedBelow) return 0;
  return Math.min(restMaxMs, tookMs * restPerWork) * Math.max(0, 1 - waitedMs / patienceMs);
}

/** Rests after a batch of jobs while others need the processors. */
export async function yieldToOrders(cpu: CpuShare, tookMs: number, waitedMs: number, signal?: AbortSignal): Promise<void> {
  const ms = restMs({ share: cpu.now, tookMs, waitedMs });
  if (ms > 0) await delay(ms, undefined, signal ? { signal } : {}).catch(() => undefined);
}
