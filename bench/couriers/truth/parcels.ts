import { dayMs } from "../../../src/commands/shipping/choice/lane-state.js";
import { seededRandom } from "../../../src/commands/shipping/choice/chance.js";
import { isHome, parcelCount, regions, seasonDays, startDay, type World } from "./world.js";

export interface SeasonParcel {
  readonly parcelId: number;
  readonly atMs: number;
  readonly region: number;
  readonly weightGrams: number;
  readonly deadlineDays: number;
}

/** A sale begins in the moment in which a courier dies: so many parcels, so many a second. */
const sale = { parcels: 1_500, perSecond: 30 };
/** Somebody takes every parcel of the season: none waits for ever. */
const heaviestGrams = 30_000;
const hurriedShare = 0.2;
const deadlines = { hurried: { home: 2, abroad: 3 }, usual: { home: 4, abroad: 6 } };

/** All parcels of a season by time: over the day from 7 to 19 h, fewer on Sundays. */
export function parcelsOf(seed: number, world: World): readonly SeasonParcel[] {
  const random = seededRandom(seed * 104_729 + 3);
  const times = Array.from({ length: parcelCount }, (_, index) => {
    if (index < sale.parcels) return world.diesAtMs + index * 1_000 / sale.perSecond;
    let day = Math.floor(random() * seasonDays);
    if (day % 7 === 6 && random() < 0.5) day = Math.floor(random() * seasonDays);
    return (startDay + day) * dayMs + Math.floor((7 + 12 * random()) * dayMs / 24);
  }).sort((one, other) => one - other);
  return times.map((atMs, parcelId) => {
    const region = pickRegion(random());
    const deadline = random() < hurriedShare ? deadlines.hurried : deadlines.usual;
    return {
      parcelId, atMs, region, weightGrams: Math.min(heaviestGrams, Math.round(300 + 5_000 * -Math.log(1 - random()) * random())),
      deadlineDays: isHome(region) ? deadline.home : deadline.abroad,
    };
  });
}

function pickRegion(chance: number): number {
  let left = chance;
  return Math.max(0, regions.findIndex(({ share }) => (left -= share) < 0));
}
