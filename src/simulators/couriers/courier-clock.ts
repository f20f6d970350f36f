import { dayMs } from "./journey.js";
import type { CourierPersonality } from "./personality.js";

/** When a courier first started, by the machine's clock and by its own. Milliseconds since 1970. */
export interface Beginning {
  readonly atMs: number;
  readonly simulatedMs: number;
}

/** Longest wait for a pick-up: whoever picks up on no day at all would never be reached. */
const daysAheadMax = 14;

/** A courier's own days: as many times shorter than real ones as the simulation is fast. */
export class CourierClock {
  constructor(private readonly beginning: Beginning, private readonly speed: number) {}

  simulatedMs(nowMs: number): number {
    return this.beginning.simulatedMs + (nowMs - this.beginning.atMs) * this.speed;
  }

  /** Days since the beginning, with fractions. */
  age(nowMs: number): number {
    return ((nowMs - this.beginning.atMs) * this.speed) / dayMs;
  }

  /** Number of the day, from midnight to midnight. */
  day(nowMs: number): number {
    return Math.floor(this.simulatedMs(nowMs) / dayMs);
  }

  /** 0 is Sunday. */
  weekday(nowMs: number): number {
    return new Date(this.simulatedMs(nowMs)).getUTCDay();
  }

  realSecondsUntilMidnight(nowMs: number): number {
    return Math.max(1, Math.ceil(((this.day(nowMs) + 1) * dayMs - this.simulatedMs(nowMs)) / this.speed / 1_000));
  }

  /** Simulated days from now until the cut-off that a parcel booked now waits for, and how many midnights are between. */
  untilCutOff({ cutOffHour, weekdays }: CourierPersonality["pickup"], nowMs: number): { readonly days: number; readonly midnights: number } {
    const bookedDays = this.simulatedMs(nowMs) / dayMs;
    const today = Math.floor(bookedDays);
    for (let midnights = 0; midnights <= daysAheadMax; midnights += 1) {
      const day = today + midnights;
      const cutOff = day + cutOffHour / 24;
      // The first of January 1970 was a Thursday.
      if (cutOff >= bookedDays && weekdays.includes((day + 4) % 7)) return { days: cutOff - bookedDays, midnights };
    }
    return { days: daysAheadMax, midnights: daysAheadMax };
  }
}
