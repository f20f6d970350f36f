import { setTimeout as delay } from "node:timers/promises";
import { CpuShare } from "../overload/cpu-share.js";
import { IdleShare } from "../overload/idle-share.js";

/** Less than that of the processors, of what it wanted: others on the machine are pressed. */
const contendedBelow = 0.9;
/** A batch may begin every so many times the processor time that one takes of this process. What it makes databases and neighbours do is three or four times that. */
const spacing = 30;
const spacingMaxMs = 8_000;
const waitMaxMs = 60_000;
/** Whoever has waited that long is not made to wait any more; well within the time that a buyer has to pay. */
const patienceMs = 300_000;
/** So much of the processors idle between two batches: it was the jobs' own work that pressed, and nobody else wants them. */
const freeAbove = 0.2;
const lookEveryMs = 150;
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
 * closer the longer jobs have waited, so that a rush that does not end delays a payment by about five minutes and no more.
 */
export function spacingMs({ share, batchMs, waitedMs }: Pressure): number {
  if (share >= contendedBelow) return 0;
  return Math.min(spacingMaxMs, batchMs * spacing) * Math.max(0, 1 - waitedMs / patienceMs);
}

interface Meter { readonly now: number }

/** Lets the batches of a process begin, all queues together, further apart while orders rush in and need the processors. */
export class YieldToOrders {
  #batchMs = 0;
  #usedMs: number | null = null;
  #freeAtMs = 0;

  constructor(private readonly rush: { readonly isRush: boolean }, private readonly cpu: Meter = new CpuShare(), private readonly idle: Meter = new IdleShare()) {}

  /** Resolves when the next batch may begin. */
  async turn(waitedMs: number, signal: AbortSignal | undefined): Promise<void> {
    this.#account();
    if (!this.rush.isRush) return;
    const nowMs = performance.now();
    const apartMs = spacingMs({ share: this.cpu.now, batchMs: this.#batchMs, waitedMs });
    if (apartMs === 0) return;
    const beginsMs = Math.max(nowMs, this.#freeAtMs);
    this.#freeAtMs = beginsMs + apartMs;
    await this.#until(Math.min(nowMs + waitMaxMs, beginsMs), signal);
  }

  /** Jobs use the databases and their neighbours on the same machine, so that they press upon themselves: who else wants the processors shows in the pauses. */
  async #until(beginsMs: number, signal: AbortSignal | undefined): Promise<void> {
    for (let leftMs = beginsMs - performance.now(); leftMs > 0 && signal?.aborted !== true; leftMs = beginsMs - performance.now()) {
      await delay(Math.min(lookEveryMs, leftMs), undefined, signal ? { signal } : {}).catch(() => undefined);
      if (this.rush.isRush && this.idle.now < freeAbove) continue;
      this.#freeAtMs = performance.now();
      return;
    }
  }

  /** All that the process does stands in its processor time; nothing else of weight runs beside its jobs. */
  #account(): void {
    const { user, system } = process.cpuUsage();
    const usedMs = (user + system) / 1_000;
    if (this.#usedMs !== null) this.#batchMs += (Math.min(spacingMaxMs, usedMs - this.#usedMs) - this.#batchMs) * weightOfNow;
    this.#usedMs = usedMs;
  }
}
