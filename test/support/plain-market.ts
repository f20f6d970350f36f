import type { Considered } from "../../src/events/courier-decisions.js";
import { regionOf } from "../../src/commands/shipping/choice/lanes.js";
import { weightsOf } from "../../src/commands/shipping/choice/policy.js";
import type { ParcelMarket } from "../../src/commands/shipping/market/parcel-market.js";
import type { NextAttempt } from "../../src/commands/shipping/shipment/allocation.rules.js";
import type { Courier } from "../../src/gateways/couriers/courier-port.js";
import type { GuardedCourier } from "../../src/gateways/couriers/guarded-courier.js";

/** A market without prices or memory: couriers are asked in the order of the list, each that is not in doubt and whose breaker lets calls through. */
export function plainMarket(list: readonly Courier[]): ParcelMarket {
  const couriers = list.map((courier) => Object.assign(Object.create(courier) as GuardedCourier, "state" in courier ? {} : { state: "closed", probeFree: false }));
  const lostBy = ({ state, probeFree, id }: GuardedCourier, asked: ReadonlyMap<string, "in_doubt" | "failed_before">): Considered["lost"] => (
    asked.get(id) ?? (state === "closed" || (state === "half_open" && probeFree) ? null : "breaker_open"));
  return {
    couriers,
    courier: (id) => couriers.find((courier) => courier.id === id),
    handOverBy: (_id, nowMs) => new Date(nowMs).toISOString(),
    expectedDelivery: () => Promise.resolve(null),
    async weigh({ shipmentId, orderId, parcel: { weightGrams }, cashOnDeliveryMinor, destination, asked }) {
      const region = regionOf(destination);
      const able = couriers.filter((courier) => lostBy(courier, asked) === null);
      const waiting = [...able];
      const nextOf = ({ id }: GuardedCourier, nowMs: number): NextAttempt => ({
        courierId: id, service: null, rateReference: null, priceMinor: null, promisedDays: null, region, attemptedAt: new Date(nowMs).toISOString(),
      });
      const lost = couriers.map((courier) => lostBy(courier, asked));
      return {
        decision: {
          shipmentId, orderId, weightGrams, cashOnDeliveryMinor, country: destination.country, region, currency: "EUR", deadline: null, policy: "cheapest",
          weights: weightsOf({ kind: "cheapest" }), seed: null, explored: false, unanswered: [],
          chosen: able[0] ? { courierId: able[0].id, service: "" } : null,
          candidates: couriers.map((courier, index): Considered => ({
            courierId: courier.id, service: "", rank: lost[index] === null ? able.indexOf(courier) + 1 : null, priceMinor: null, priceSource: "last_known", promisedDays: null,
            breaker: courier.state, expected: { bookingFailure: 0, failure: 0, late: 0, lateDays: 0, days: 0 }, sampleSizes: { bookings: 0, outcomes: 0 }, scoreMinor: null, lost: lost[index] ?? null,
          })),
        },
        delayReason: able.length === 0 ? "no courier can take it now" : "",
        impossible: lost.length > 0 && lost.every((reason) => reason === "failed_before") ? "no courier of the shop takes such a parcel" : null,
        async next(nowMs) {
          const courier = waiting.shift();
          return courier ? nextOf(courier, nowMs) : null;
        },
      };
    },
  };
}
