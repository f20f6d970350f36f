import { costs } from "../reports.js";
import { expectedLateDays } from "./dice.js";
import { isHome, regions, type World } from "./world.js";

export interface TrueQuestion {
  readonly region: number;
  readonly priceMinor: number;
  readonly deadlineDays: number;
  /** Since 1970, UTC. */
  readonly day: number;
}

/** The expected cost of a parcel for who knows the probabilities, by the same formula as the chooser's score. */
export function trueCost(world: World, service: number, { region, priceMinor, deadlineDays, day }: TrueQuestion): number {
  const truth = world.behaviour(service, region, day);
  const { bookingFailure, failure } = truth;
  return priceMinor + costs.failureMinor * failure + costs.bookingFailureMinor * bookingFailure / (1 - bookingFailure)
    + costs.lateDayMinor * (1 - failure) * expectedLateDays(truth, deadlineDays - world.promisedDays(service, region));
}

const usual = { weightGrams: 1_500, home: 4, abroad: 6 };

/** The courier that is the cheapest choice for most parcels of a day. */
export function bestCourier(world: World, day: number): string {
  const shares = new Map<string, number>();
  regions.forEach(({ share }, region) => {
    const [best] = world.services.map(({ courierId }, service) => ({
      courierId, goes: world.goesTo(service, region, usual.weightGrams),
      cost: trueCost(world, service, { region, day, priceMinor: world.priceMinor(service, region, usual.weightGrams, day), deadlineDays: isHome(region) ? usual.home : usual.abroad }),
    })).filter(({ goes }) => goes).sort((one, other) => one.cost - other.cost);
    shares.set(best!.courierId, (shares.get(best!.courierId) ?? 0) + share);
  });
  return [...shares].sort(([, one], [, other]) => other - one)[0]![0];
}
