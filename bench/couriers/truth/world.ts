import { seededRandom } from "../../../src/commands/shipping/choice/chance.js";
import { dayMs } from "../../../src/commands/shipping/choice/lane-state.js";
import { bestCourier } from "./best.js";

/** How one service truly does in one region on one day. */
export interface Behaviour {
  readonly bookingFailure: number;
  /** Of parcels that were handed over: lost or sent back. */
  readonly failure: number;
  /** Later than the courier's own promise. */
  readonly late: number;
  /** Mean days of those that are late. */
  readonly lateDays: number;
}

export interface TrueService {
  readonly courierId: string;
  readonly service: string;
  readonly promisedDays: { readonly home: number; readonly abroad: number };
  readonly price: { readonly baseMinor: number; readonly perKilogramMinor: number; readonly abroadMinor: number };
  readonly weightMaxGrams: number;
  readonly goesAbroad: boolean;
  readonly usual: Behaviour;
}

export const regions = [
  { country: "DE", postalCode: "10115", share: 0.28 }, { country: "DE", postalCode: "40210", share: 0.24 },
  { country: "DE", postalCode: "80331", share: 0.2 }, { country: "AT", postalCode: "1010", share: 0.12 },
  { country: "FR", postalCode: "75001", share: 0.1 }, { country: "IT", postalCode: "00100", share: 0.06 },
] as const;

/** A Monday. */
export const startDay = 20_458;
export const seasonDays = 120;
export const parcelCount = 20_000;
const deathHour = 10;

const heavy = 31_500;
const parcelService = (courierId: string, service: string, promise: readonly [number, number], price: readonly [number, number, number], usual: readonly [number, number, number, number]) => ({
  courierId, service, promisedDays: { home: promise[0], abroad: promise[1] },
  price: { baseMinor: price[0], perKilogramMinor: price[1], abroadMinor: price[2] }, weightMaxGrams: heavy, goesAbroad: true,
  usual: { bookingFailure: usual[0], failure: usual[1], late: usual[2], lateDays: usual[3] },
});

/** Snail is cheap but late, falcon fast but fails on Mondays, ox dear and sure; badger goes nowhere abroad. */
const services: readonly TrueService[] = [
  parcelService("snail", "economy", [3, 5], [349, 28, 390], [0.01, 0.022, 0.34, 2.8]),
  parcelService("snail", "standard", [2, 4], [419, 32, 420], [0.01, 0.02, 0.3, 2.3]),
  parcelService("falcon", "standard", [2, 3], [469, 40, 480], [0.015, 0.006, 0.05, 1.3]),
  parcelService("falcon", "express", [1, 2], [799, 60, 690], [0.015, 0.005, 0.04, 1.2]),
  parcelService("mule", "standard", [3, 4], [399, 34, 410], [0.01, 0.008, 0.06, 1.5]),
  parcelService("mule", "express", [1, 2], [699, 58, 640], [0.01, 0.008, 0.07, 1.4]),
  parcelService("phoenix", "standard", [2, 4], [379, 30, 380], [0.01, 0.007, 0.06, 1.4]),
  parcelService("ox", "standard", [3, 4], [559, 45, 520], [0.005, 0.004, 0.03, 1.2]),
  parcelService("ox", "express", [1, 2], [929, 70, 760], [0.005, 0.003, 0.02, 1.1]),
  { ...parcelService("badger", "standard", [2, 0], [409, 36, 0], [0.01, 0.009, 0.07, 1.5]), weightMaxGrams: 15_000, goesAbroad: false },
];

/** The truth of one season: every seed has its own couriers, a little better or worse here and there, and its own days of change. */
export class World {
  readonly services = services;
  /** The courier that is truly the best on a day, counted from the season's start, dies on it: its bookings fail, at once or when the caller gives up. */
  readonly dead: { readonly courierId: string; readonly onDay: number; readonly hangs: boolean };
  readonly #mule: { readonly degradesOn: number };
  readonly #phoenix: { readonly recoversOn: number };
  readonly #regional: readonly (readonly { readonly late: number; readonly failure: number }[])[];

  constructor(seed: number) {
    const random = seededRandom(seed * 7_919 + 17);
    const between = (low: number, high: number): number => low + (high - low) * random();
    this.#regional = services.map(() => regions.map(() => ({ late: Math.exp(between(-0.7, 0.7)), failure: Math.exp(between(-0.7, 0.7)) })));
    this.#mule = { degradesOn: Math.round(between(45, 75)) };
    this.#phoenix = { recoversOn: Math.round(between(45, 75)) };
    const onDay = Math.round(between(20, 100));
    this.dead = { courierId: bestCourier(this, startDay + onDay), onDay, hangs: random() < 0.5 };
  }

  /** @param day since 1970, UTC */
  behaviour(service: number, region: number, day: number): Behaviour {
    const { courierId, usual } = services[service]!;
    const { late, failure } = this.#regional[service]![region]!;
    const here = { ...usual, late: Math.min(0.9, usual.late * late), failure: Math.min(0.5, usual.failure * failure) };
    return this.#changed(courierId, here, day - startDay, (day + 4) % 7 === 1);
  }

  /** From the first moment of that day's sale, for a day. */
  isDead(courierId: string, nowMs: number): boolean {
    const diedAtMs = this.diesAtMs;
    return courierId === this.dead.courierId && nowMs >= diedAtMs && nowMs < diedAtMs + dayMs;
  }

  get diesAtMs(): number {
    return (startDay + this.dead.onDay) * dayMs + deathHour * dayMs / 24;
  }

  goesTo(service: number, region: number, weightGrams: number): boolean {
    const { goesAbroad, weightMaxGrams } = services[service]!;
    return weightGrams <= weightMaxGrams && (goesAbroad || isHome(region));
  }

  priceMinor(service: number, region: number, weightGrams: number, day: number): number {
    const { baseMinor, perKilogramMinor, abroadMinor } = services[service]!.price;
    const dearer = 1 + 0.04 * (day - startDay) / seasonDays;
    return Math.round((baseMinor + perKilogramMinor * Math.ceil(weightGrams / 1_000) + (isHome(region) ? 0 : abroadMinor)) * dearer);
  }

  promisedDays(service: number, region: number): number {
    const { home, abroad } = services[service]!.promisedDays;
    return isHome(region) ? home : abroad;
  }

  #changed(courierId: string, usual: Behaviour, day: number, isMonday: boolean): Behaviour {
    if (courierId === "falcon" && isMonday) return { bookingFailure: 0.35, failure: Math.max(0.06, usual.failure * 8), late: Math.min(0.9, usual.late * 6), lateDays: 2 };
    if (courierId === "mule" && day >= this.#mule.degradesOn) return { ...usual, failure: Math.min(0.5, usual.failure * 5), late: Math.min(0.9, usual.late * 6), lateDays: 3 };
    if (courierId === "phoenix" && day < this.#phoenix.recoversOn) return { ...usual, bookingFailure: 0.06, failure: Math.min(0.5, usual.failure * 7), late: Math.min(0.9, usual.late * 6), lateDays: 3 };
    return usual;
  }
}

export function isHome(region: number): boolean {
  return regions[region]!.country === "DE";
}
