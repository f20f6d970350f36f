import { dayOf } from "../../../src/commands/shipping/choice/lane-state.js";
import type { Dispatcher, Given, Offer, ParcelToSend } from "../reports.js";
import { trueCost } from "../truth/best.js";
import { regions, type World } from "../truth/world.js";

/** Asks by one number, lowest first, and learns nothing. */
function dispatcherBy(score: (offer: Offer, parcel: ParcelToSend, nowMs: number) => number): Dispatcher {
  return {
    choose(parcel, offers, nowMs): readonly Given[] {
      return offers.map((offer) => ({ offer, score: score(offer, parcel, nowMs) })).sort((one, other) => one.score - other.score)
        .map(({ offer: { courierId, service } }) => ({ parcelId: parcel.parcelId, courierId, service }));
    },
    hear: () => undefined,
  };
}

export function alwaysCheapest(): Dispatcher {
  return dispatcherBy(({ priceMinor }) => priceMinor ?? Infinity);
}

/** One service for all that it takes, the cheapest for the others. */
export function alwaysThe(courierId: string, service: string): Dispatcher {
  return dispatcherBy((offer) => (offer.courierId === courierId && offer.service === service ? -1 : offer.priceMinor ?? Infinity));
}

/** Knows every true probability at every moment, and only not how the dice will fall. */
export function allKnowing(world: World): Dispatcher {
  const indices = new Map(world.services.map(({ courierId, service }, index) => [`${courierId}/${service}`, index]));
  return dispatcherBy(({ courierId, service, priceMinor }, parcel, nowMs) => {
    if (world.isDead(courierId, nowMs)) return Infinity;
    const region = regions.findIndex(({ postalCode }) => postalCode === parcel.postalCode);
    const question = { region, priceMinor: priceMinor ?? Infinity, deadlineDays: parcel.deadlineDays, day: dayOf(nowMs) };
    return trueCost(world, indices.get(`${courierId}/${service}`)!, question);
  });
}
