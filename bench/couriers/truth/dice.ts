import { seededRandom } from "../../../src/commands/shipping/choice/chance.js";
import type { Behaviour } from "./world.js";

/** Whatever the dice say of one parcel in the hands of one service. */
export interface Fate {
  /** `lost` is never heard of again. */
  readonly kind: "delivered" | "returned" | "lost";
  /** Days against the courier's promise; of a returned one, until it is back. */
  readonly offset: number;
}

const lostShare = 0.4;
const latestDays = 10;

/** The same parcel meets the same dice whoever decides, so that two seasons differ by their decisions alone. */
export function bookingFails(seed: number, parcelId: number, service: number, attempt: number, { bookingFailure }: Behaviour): boolean {
  return seededRandom(mix(seed, parcelId, service, 100 + attempt))() < bookingFailure;
}

export function fateOf(seed: number, parcelId: number, service: number, { failure, late, lateDays }: Behaviour): Fate {
  const random = seededRandom(mix(seed, parcelId, service, 1));
  if (random() < failure) return random() < lostShare ? { kind: "lost", offset: 0 } : { kind: "returned", offset: 3 + Math.floor(random() * 8) };
  if (random() >= late) return { kind: "delivered", offset: -Math.floor(random() * 2.5) };
  // One day, and each further one with the same probability: a geometric distribution of that mean.
  const further = Math.floor(Math.log(1 - random()) / Math.log(1 - 1 / lateDays));
  return { kind: "delivered", offset: Math.min(latestDays, 1 + further) };
}

/** Of an offset that is late: the expected days beyond `slack` days after the promise, for who knows the behaviour. */
export function expectedLateDays({ late, lateDays }: Behaviour, slack: number): number {
  if (slack < 0) return expectedLateDays({ bookingFailure: 0, failure: 0, late, lateDays }, 0) + earlyDays(late, slack);
  const stays = 1 - 1 / lateDays;
  let expected = 0;
  for (let day = slack; day < latestDays; day++) expected += late * stays ** day;
  return expected;
}

/** With the deadline before the promise, the days from the deadline to the promise that a parcel is still on its way. */
function earlyDays(late: number, slack: number): number {
  const early = (offset: number): number => late + (1 - late) * Math.min(1, Math.max(0, -offset / 2.5));
  let expected = 0;
  for (let offset = slack; offset < 0; offset++) expected += offset < -2 ? 1 : early(offset);
  return expected;
}

function mix(...parts: readonly number[]): number {
  let hash = 0x811c9dc5;
  for (const part of parts) {
    hash = Math.imul(hash ^ (part & 0xffff), 0x01000193);
    hash = Math.imul(hash ^ (part >>> 16), 0x01000193);
    hash ^= hash >>> 13;
  }
  return hash >>> 0;
}
