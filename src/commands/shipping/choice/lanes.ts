import { dayOf, type LaneState } from "./lane-state.js";

/** What one row of evidence is about. `region` is a region's name, `*` for all, or `weekday-0` (Sunday) to `weekday-6`. */
export interface LaneKey {
  /** `*` for all couriers. */
  readonly courierId: string;
  /** `*` for all services of the courier. */
  readonly service: string;
  readonly region: string;
}

/** The rows that speak of one service in one region, closest first; a row that is not there yet is undefined. */
export interface Evidence {
  readonly lane: LaneState | undefined;
  readonly service: LaneState | undefined;
  readonly courier: LaneState | undefined;
  readonly all: LaneState | undefined;
  /** The service's parcels booked on that day of the week, in all regions. */
  readonly weekday: LaneState | undefined;
}

export type LaneKeys = { readonly [Row in keyof Evidence]: LaneKey };

/** Whatever becomes known of a parcel is learnt by each of these rows. @param bookedAtMs decides the weekday, in UTC */
export function laneKeys(courierId: string, service: string, region: string, bookedAtMs: number): LaneKeys {
  return {
    lane: { courierId, service, region },
    service: { courierId, service, region: "*" },
    courier: { courierId, service: "*", region: "*" },
    all: { courierId: "*", service: "*", region: "*" },
    weekday: { courierId, service, region: `weekday-${String(weekdayOf(bookedAtMs))}` },
  };
}

/** 0 is Sunday. */
export function weekdayOf(atMs: number): number {
  return (dayOf(atMs) + 4) % 7; // 1970 began on a Thursday
}

/** As many characters of a postal code as a rule may name. */
export const finePostalDigits = 3;

/** `DE-1` for 10115 in Germany; `DE` with no digits, or where there is no postal code. No more of an address is needed or kept. */
export function regionOf({ country, postalCode }: { readonly country: string; readonly postalCode: string }, postalDigits = 1): string {
  const start = postalCode.replace(/[^0-9A-Za-z]/g, "").slice(0, postalDigits).toUpperCase();
  return start === "" ? country : `${country}-${start}`;
}

/** The row's key. */
export function laneName({ courierId, service, region }: LaneKey): string {
  return `${courierId}/${service}/${region}`;
}
