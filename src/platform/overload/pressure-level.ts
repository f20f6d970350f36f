/** What a process measures of itself. */
export interface Pressure {
  /** How late the event loop is, milliseconds. */
  readonly delayMs: number;
  /** How full the lane of orders is, from 0 to 1. */
  readonly laneFill: number;
  /** Requests at work, as a share of those that may be. */
  readonly inFlight: number;
}

/** 0: all is well. 1: without optional queries. 2: only essential queries. */
export type Level = 0 | 1 | 2;

export interface PressureLevelOptions {
  /** Delay of the event loop at which level 1 begins; level 2 begins at twice as much. */
  readonly delayMs: number;
}

/** Where level 1 and level 2 begin. */
const laneFillSteps = [0.25, 0.6] as const;
const inFlightSteps = [0.5, 0.8] as const;
/** A level is left when all is below this share of where it began, for that long: otherwise it would come and go. */
const releaseShare = 0.7;
const releaseMs = 2_000;
/** One late sample is a garbage collection; two of three are a load. */
const delaysKept = 3;

/** Turns measurements into a level: up at once, down step by step. Pure; time comes from outside. */
export class PressureLevel {
  readonly #delaySteps: readonly [number, number];
  #delays: readonly number[] = [];
  #level: Level = 0;
  #calmSinceMs: number | null = null;

  constructor({ delayMs }: PressureLevelOptions) {
    this.#delaySteps = [delayMs, 2 * delayMs];
  }

  get level(): Level {
    return this.#level;
  }

  next(measured: Pressure, nowMs: number): Level {
    this.#delays = [...this.#delays, measured.delayMs].slice(-delaysKept);
    const pressure: Pressure = { ...measured, delayMs: median(this.#delays) };
    const reached = this.#reached(pressure, 1);
    if (reached > this.#level) {
      this.#level = reached;
      this.#calmSinceMs = null;
    } else if (this.#level > 0 && this.#reached(pressure, releaseShare) < this.#level) {
      this.#calmSinceMs ??= nowMs;
      if (nowMs - this.#calmSinceMs >= releaseMs) {
        this.#level = this.#level === 2 ? 1 : 0;
        this.#calmSinceMs = nowMs;
      }
    } else this.#calmSinceMs = null;
    return this.#level;
  }

  #reached({ delayMs, laneFill, inFlight }: Pressure, share: number): Level {
    const over = (step: 0 | 1): boolean =>
      delayMs >= this.#delaySteps[step] * share || laneFill >= laneFillSteps[step] * share || inFlight >= inFlightSteps[step] * share;
    if (over(1)) return 2;
    return over(0) ? 1 : 0;
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
