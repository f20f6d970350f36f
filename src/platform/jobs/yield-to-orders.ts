import { setTimeout as delay } from "node:timers/promises";
import { CpuShare } from "../overload/cpu-share.js";

/** Less than that of the processors, of what it wanted: others on the machine are pressed. */
const contendedBelow = 0.9;
/** A batch may begin every so many times the processor time that one takes: a twentieth of one processor is left for jobs. */
const spacing = 20;
const spacingMaxMs = 3_000;
const waitMaxMs = 10_000;
/** Whoever has waited that long is not made to wait any more. */
const patienceMs = 60_000;
/** How much of what a batch costs on average the last window changes. */
const weightOfNow = 0.2;

export interface Pressure {
  /** See `CpuShare`. */
  readonly share: number;
  /** Processor time that a batch takes on average. */
  readonly batchMs: number;
  /** How long the batch's first job has been due. */
  readonly waitedMs: number;
}

/**
 * How far apart batches begin, so that orders go first on a machine that both want: at once while the processors are free, and the
 * closer the longer jobs have waited, so that a rush that does not end delays a payment by about a minute and no more.
 */
export function spacingMs({ share, batchMs, waitedMs }: Pressure): number {
  if (share >= contendedBelow) return 0;
  return Math.min(spacingMaxMs, batchMs * spacing) * Math.max(0, 1 - waitedMs / patienceMs);
}

/** Lets the batches of a process begin, all queues together, further apart while others need the processors. */
export class YieldToOrders {
  readonly #cpu = new CpuShare();
  #batchMs = 0;
  #usedMs: number | null = null;
  #freeAtMs = 0;

  /** Resolves when the next batch may begin. */
  async turn(waitedMs: number, signal: AbortSignal | undefined): Promise<void> {
    this.#account();
    const nowMs = performance.now();
    const apartMs = spacingMs({ share: this.#cpu.now, batchMs: this.#batchMs, waitedMs });
    if (apartMs === 0) return;
    const beginsMs = Math.max(nowMs, this.#freeAtMs);
    this.#freeAtMs = beginsMs + apartMs;
    const waitMs = Math.min(waitMaxMs, beginsMs - nowMs);
    if (waitMs > 0) await delay(waitMs, undefined, signal ? { signal } : {}).catch(() => undefined);
  }

  /** All that the process does stands in its processor time; nothing else of weight runs beside its jobs. */
  #account(): void {
    const { user, system } = process.cpuUsage();
    const usedMs = (user + system) / 1_000;
    if (this.#usedMs !== null) this.#batchMs += (Math.min(spacingMaxMs, usedMs - this.#usedMs) - this.#batchMs) * weightOfNow;
    this.#usedMs = usedMs;
  }
}
