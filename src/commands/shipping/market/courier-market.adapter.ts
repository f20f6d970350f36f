import type { Considered } from "../../../events/courier-decisions.js";
import type { ExpectedDelivery } from "../../../events/shipping.js";
import type { GuardedCourier } from "../../../gateways/couriers/guarded-courier.js";
import type { Logger } from "../../../platform/log/logger.js";
import { expectArrival } from "../choice/arrival.js";
import { believe } from "../choice/beliefs.js";
import { seededRandom } from "../choice/chance.js";
import type { Candidate, ChoiceRequest, Decision } from "../choice/choice.js";
import { choose } from "../choice/choose.js";
import { finePostalDigits, laneKeys, regionOf } from "../choice/lanes.js";
import { weightsOf } from "../choice/policy.js";
import type { NextAttempt } from "../shipment/allocation.rules.js";
import { arrivalStart } from "./arrival-start.js";
import type { EvidenceReader } from "./evidence.reader.js";
import { serviceName, type MarketCourier, type MarketTerms } from "./market-settings.js";
import { offersOf, wholeDays, type Offer } from "./offers.js";
import type { Arriving, ParcelMarket, ParcelQuestion, Weighed } from "./parcel-market.js";
import { nextPickupMs, type ShopClock } from "./pickup.js";
import type { Prices } from "./prices.adapter.js";
import type { RateAnswer, RatesReader } from "./rates.reader.js";
import type { Volumes } from "./volume.adapter.js";
import { weightClassOf } from "./weight-class.js";

export interface MarketParts {
  readonly couriers: readonly MarketCourier[];
  readonly terms: MarketTerms;
  readonly clock: ShopClock;
  readonly rates: RatesReader;
  readonly prices: Prices;
  readonly evidence: EvidenceReader;
  readonly volumes: Volumes;
  /** A whole number below 2^32 that nobody foresees: chance of one decision. */
  readonly newSeed: () => number;
  readonly logger: Logger;
}

/** A limit of our own that no time will change; what a courier says of itself may be otherwise tomorrow. */
const lasting: ReadonlySet<Considered["lost"]> = new Set(["rule_never", "too_heavy", "too_large", "no_cash_on_delivery", "destination"] as const);
const reasonsMax = 10;

/** The couriers of the settings, judged by what was learnt of them. */
export class CourierMarket implements ParcelMarket {
  readonly couriers: readonly GuardedCourier[];
  readonly #parts: MarketParts;
  readonly #byId: ReadonlyMap<string, MarketCourier>;

  constructor(parts: MarketParts) {
    this.#parts = parts;
    this.couriers = parts.couriers.map(({ courier }) => courier);
    this.#byId = new Map(parts.couriers.map((one) => [one.courier.id, one]));
  }

  courier(id: string): GuardedCourier | undefined {
    return this.#byId.get(id)?.courier;
  }

  handOverBy(courierId: string, nowMs: number): string {
    const { clock } = this.#parts;
    const pickup = this.#byId.get(courierId)?.pickup;
    return new Date(pickup ? nextPickupMs(pickup, clock, nowMs) : nowMs).toISOString();
  }

  async expectedDelivery(arriving: Arriving): Promise<ExpectedDelivery | null> {
    const { evidence, terms: { parameters } } = this.#parts;
    const { courierId, service, region, promisedDays, bookedAtMs, handedOverAtMs, nowMs } = arriving;
    const notBeforeMs = arrivalStart(arriving);
    if (notBeforeMs === null) return null;
    const [found] = await evidence.read([laneKeys(courierId, serviceName(service), region, bookedAtMs)], nowMs);
    if (!found) return null;
    const { earliestMs, likelyMs, latestMs } = expectArrival(believe(found, parameters, nowMs).lane, {
      handOverMs: handedOverAtMs, promisedDays: wholeDays(promisedDays) ?? parameters.unpromisedDays, nowMs: notBeforeMs, outForDelivery: arriving.status === "out_for_delivery",
    });
    const said = (atMs: number): string => new Date(atMs).toISOString();
    return { earliest: said(earliestMs), likely: said(likelyMs), latest: said(latestMs) };
  }

  async weigh(question: ParcelQuestion): Promise<Weighed> {
    const { nowMs, shipmentId } = question;
    const { offers, unanswered } = await this.#offers(question);
    const request = await this.#request(question, offers);
    const seed = this.#parts.terms.explore ? this.#parts.newSeed() : null;
    const { decision, day } = await this.#decide(request, shipmentId, seed);
    const { orderId, cashOnDeliveryMinor, parcel: { weightGrams } } = question;
    const { policy, currency, deadline } = this.#parts.terms;
    const { country, region } = request.parcel;
    const lost = decision.candidates.map(({ courierId, service, lost: reason }) => `${courierId}/${service}: ${String(reason)}`);
    const byUs = offers.every(({ limits }) => limits.countries?.length !== 0) && decision.candidates.every(({ lost: reason }) => lasting.has(reason));
    const told = lost.slice(0, reasonsMax).join(", ");
    return {
      decision: {
        shipmentId, orderId, weightGrams, cashOnDeliveryMinor, country, region, currency, deadline, policy: policy.kind, weights: weightsOf(policy),
        seed, ...decision, unanswered,
      },
      delayReason: decision.chosen === null ? `no courier can take it now (${told})` : "",
      impossible: byUs ? `no courier of the shop takes such a parcel (${told})` : null,
      next: this.#asker(question, offers, decision, { region, day, nowMs }),
    };
  }

  async #offers({ shipmentId, parcel, cashOnDeliveryMinor, destination, asked, nowMs }: ParcelQuestion): Promise<{ readonly offers: readonly Offer[]; readonly unanswered: readonly string[] }> {
    const { couriers, rates, prices } = this.#parts;
    const region = regionOf(destination);
    const weightClass = weightClassOf(parcel.weightGrams, cashOnDeliveryMinor);
    const open = this.couriers.filter(({ id }) => !asked.has(id));
    const quoting = await this.#quoting(open, region, weightClass);
    const answers = await rates.read(quoting, { shipmentId, parcel, destination, ...(cashOnDeliveryMinor > 0 ? { cashOnDeliveryMinor } : {}) }, nowMs);
    const offers = await Promise.all(couriers.map(async (courier) => {
      const place = { courierId: courier.courier.id, region, weightClass };
      const said = answers.get(place.courierId) ?? null;
      if (!isQuote(said)) return offersOf(courier, said, await prices.lastKnown(place));
      // Not waited for: it is for other parcels.
      prices.remember(place, said, nowMs).catch((err: unknown) => { this.#parts.logger.warn({ err, courier: place.courierId }, "a courier's prices could not be kept"); });
      return offersOf(courier, said, []);
    }));
    return { offers: offers.flat(), unanswered: quoting.map(({ id }) => id).filter((id) => answers.get(id) === "silent") };
  }

  /** Nobody waits for the rates of a courier that is tried out again: what it took the last time will do, where that is known. */
  async #quoting(couriers: readonly GuardedCourier[], region: string, weightClass: string): Promise<readonly GuardedCourier[]> {
    const asked = await Promise.all(couriers.map(async ({ id, state }) => (
      state === "closed" || (state === "half_open" && (await this.#parts.prices.lastKnown({ courierId: id, region, weightClass })).length === 0)
    )));
    return couriers.filter((_, index) => asked[index]);
  }

  async #request({ parcel, cashOnDeliveryMinor, destination, asked, nowMs }: ParcelQuestion, offers: readonly Offer[]): Promise<ChoiceRequest> {
    const { evidence, volumes, clock, terms: { parameters, policy, rules, deadline } } = this.#parts;
    const region = regionOf(destination);
    const [found, volume] = await Promise.all([
      evidence.read(offers.map(({ courierId, service }) => laneKeys(courierId, service, region, nowMs)), nowMs), volumes.read(clock.dayAt(nowMs), nowMs),
    ]);
    const candidates = offers.flatMap((offer, index): Candidate[] => {
      const [courier, known, reason] = [this.courier(offer.courierId), found[index], asked.get(offer.courierId)];
      return courier && known ? [{ ...offer, breaker: courier.state, probeFree: courier.probeFree, evidence: known, ...(reason ? { asked: reason } : {}) }] : [];
    });
    const { weightGrams, sizeMm } = parcel;
    return {
      nowMs, deadline, candidates, policy, rules, volume, parameters, random: null,
      parcel: { weightGrams, cashOnDeliveryMinor, country: destination.country, region, fineRegion: regionOf(destination, finePostalDigits), ...(sizeMm ? { sizeMm } : {}) },
    };
  }

  /** Decides, and takes a place at the chosen one where its places are limited; without one it is decided again. */
  async #decide(request: ChoiceRequest, shipmentId: string, seed: number | null): Promise<{ readonly decision: Decision; readonly day: string }> {
    const day = this.#parts.clock.dayAt(request.nowMs);
    const today: Record<string, number> = { ...request.volume.today };
    for (;;) {
      const decision = choose({ ...request, volume: { ...request.volume, today }, random: seed === null ? null : seededRandom(seed) });
      const { chosen } = decision;
      if (chosen === null || await this.#claim(shipmentId, chosen.courierId, day)) return { decision, day };
      today[chosen.courierId] = Infinity;
    }
  }

  /** @see Weighed.next */
  #asker({ shipmentId }: ParcelQuestion, offers: readonly Offer[], { candidates }: Decision, at: { readonly region: string; readonly day: string; readonly nowMs: number }): Weighed["next"] {
    const waiting = candidates.filter(({ rank }) => rank !== null);
    const given = new Set<string>();
    return async (nowMs) => {
      for (let candidate = waiting.shift(); candidate; candidate = waiting.shift()) {
        const { courierId, service } = candidate;
        const offer = offers.find((one) => one.courierId === courierId && one.service === service);
        if (!offer || given.has(courierId) || !this.#isOpen(courierId, given.size === 0)) continue;
        given.add(courierId);
        if (!await this.#claim(shipmentId, courierId, at.day)) continue;
        this.#parts.volumes.given(courierId);
        return this.#attempt(offer, at.region, nowMs);
      }
      return null;
    };
  }

  #attempt({ courierId, bookedAs, rateReference, priceMinor, promisedDays }: Offer, region: string, nowMs: number): NextAttempt {
    return { courierId, service: bookedAs, rateReference, priceMinor, promisedDays, region, attemptedAt: new Date(nowMs).toISOString() };
  }

  /** The decision has looked for the first one; while others were asked, breakers may have opened. */
  #isOpen(courierId: string, isFirst: boolean): boolean {
    const courier = this.courier(courierId);
    if (isFirst) return courier !== undefined;
    return courier?.state === "closed" || (courier?.state === "half_open" && courier.probeFree);
  }

  async #claim(shipmentId: string, courierId: string, day: string): Promise<boolean> {
    const { volumes, terms: { rules } } = this.#parts;
    const placesMax = rules.capacityPerDay[courierId];
    return placesMax === undefined || volumes.claim({ shipmentId, courierId }, day, placesMax);
  }
}

function isQuote(said: RateAnswer | null): said is Exclude<RateAnswer, string> {
  return said !== null && typeof said !== "string";
}
