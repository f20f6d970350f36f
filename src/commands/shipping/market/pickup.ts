import type { Pickup } from "./market-settings.js";

/** The shop's clock. Days are YYYY-MM-DD. */
export interface ShopClock {
  dayAt(atMs: number): string;
  /** Milliseconds since 1970. */
  momentOf(day: string, minutesSinceMidnight: number): number;
  dayAfter(day: string): string;
  /** 0 is Sunday. */
  weekdayOf(day: string): number;
}

const dayMinutes = 24 * 60;
const daysMax = 14;

/** When the courier comes next, milliseconds since 1970: today where it has not been there yet. */
export function nextPickupMs({ cutoffMinutes, weekdays }: Pickup, clock: ShopClock, nowMs: number): number {
  let day = clock.dayAt(nowMs);
  for (let ahead = 0; ahead < daysMax; ahead++) {
    const comesMs = clock.momentOf(day, cutoffMinutes ?? dayMinutes);
    if (weekdays.includes(clock.weekdayOf(day)) && comesMs > nowMs) return comesMs;
    day = clock.dayAfter(day);
  }
  return nowMs;
}
