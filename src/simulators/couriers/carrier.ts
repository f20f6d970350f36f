import type { SimulatorAnswer } from "../simulator-server.js";
import type { CourierBooks } from "./courier-books.js";
import type { CourierClock } from "./courier-clock.js";
import { problem, type BookingBody } from "./courier-messages.js";
import type { Deal } from "./courier-records.js";
import type { Conditions, Episodes } from "./episodes.js";
import { drawFate } from "./fate.js";
import type { JourneyStep } from "./journey.js";
import type { CourierPersonality, Lane } from "./personality.js";
import { offerFor, offersFor, type NoOffer, type Offer, type PricedParcel } from "./price-list.js";
import { rateId, readRateId } from "./rate-stamp.js";

export interface CarrierOptions {
  readonly personality: CourierPersonality;
  readonly books: CourierBooks;
  readonly clock: CourierClock;
  readonly episodes: Episodes;
  /** Seals rates. */
  readonly secret: string;
  /** Chance for one parcel's fate. */
  readonly luckFor: (shipmentId: string) => () => number;
}

/** Seconds, real ones. */
const rateValidSeconds = 900;

/** Simulated days that picking up takes from the cut-off, at most. */
const pickUpDays = 1 / 24;

const whyNot: Readonly<Record<NoOffer, string>> = {
  service_unknown: "There is no such service.",
  destination_not_served: "We do not go there.",
  parcel_too_heavy: "The parcel is too heavy.",
  parcel_too_large: "The parcel is too large.",
  cash_on_delivery_unsupported: "We do not collect at the door with this service.",
};

/** A courier's business: what it offers, and what becomes of what it takes on. */
export class Carrier {
  readonly #options: CarrierOptions;
  /** Bookings of the day that it counts. */
  #today = { day: -Infinity, bookings: 0 };

  constructor(options: CarrierOptions) {
    this.#options = options;
    for (const { booking } of options.books.parcels()) this.#count(booking.bookedAtMs);
  }

  get labelFormat(): "pdf" | "zpl" {
    return this.#options.personality.label;
  }

  rates(parcel: PricedParcel, nowMs: number): SimulatorAnswer {
    const { personality, secret } = this.#options;
    if (this.#isFull(nowMs)) return this.#full(nowMs);
    const validUntil = Math.floor(nowMs / 1_000) + rateValidSeconds;
    const rates = offersFor(personality, parcel, this.#priceFactor(nowMs)).map(({ service, priceMinor, lane }) => ({
      service, price_minor: priceMinor, currency: personality.currency, promised_days: this.#promisedDays(lane, nowMs),
      rate_id: rateId({ service, priceMinor, validUntil }, parcel, secret), valid_until: new Date(validUntil * 1_000).toISOString(),
    }));
    return { status: 200, body: { rates } };
  }

  /** @returns the deal and the parcel's fate, or why it is refused */
  takeOn(body: BookingBody, unknownCodeRate: number, nowMs: number): SimulatorAnswer | { readonly plan: readonly JourneyStep[]; readonly deal: Deal } {
    const { personality: { currency, pickup, forgottenRate }, clock, episodes, luckFor } = this.#options;
    const offer = this.#offerOf(body, nowMs);
    if ("status" in offer) return offer;
    if (this.#isFull(nowMs)) return this.#full(nowMs);
    this.#count(nowMs);
    const { service, lane, priceMinor } = offer;
    const luck = luckFor(body.shipment_id);
    const promisedDays = this.#promisedDays(lane, nowMs);
    const { city } = body.destination;
    const plan = drawFate({
      lane, conditions: episodes.conditions(lane.region, nowMs), pickUpAfterDays: clock.untilCutOff(pickup, nowMs).days + luck() * pickUpDays,
      promisedDays, city, unknownCodeRate, forgottenRate, luck,
    });
    return { plan, deal: { service, region: lane.region, city, priceMinor, currency, promisedDays } };
  }

  #offerOf({ rate_id: rate, service: named, ...body }: BookingBody, nowMs: number): Offer | SimulatorAnswer {
    const { personality, secret } = this.#options;
    const { country, postal_code: postalCode } = body.destination;
    const parcel = { weightGrams: body.weight_grams, country, postalCode, cashOnDeliveryMinor: body.cash_on_delivery_minor };
    const stamp = rate === undefined ? undefined : readRateId(rate, parcel, secret);
    if (stamp === null) return problem(422, "rate_unknown", "We gave no such rate for such a parcel.");
    if (stamp && stamp.validUntil * 1_000 < nowMs) return problem(422, "rate_expired", "The rate is no longer valid.");
    if (stamp && named !== undefined && named !== stamp.service) return problem(422, "rate_unknown", "The rate is another service's.");
    const offer = offerFor(personality, stamp?.service ?? named, parcel, this.#priceFactor(nowMs));
    if (typeof offer === "string") return problem(422, offer, whyNot[offer]);
    return stamp ? { ...offer, priceMinor: stamp.priceMinor } : offer;
  }

  /** Who books after the cut-off is promised no less than who books before the next. */
  #promisedDays({ promisedDays }: Lane, nowMs: number): number {
    return promisedDays + this.#options.clock.untilCutOff(this.#options.personality.pickup, nowMs).midnights;
  }

  #priceFactor(nowMs: number): Conditions["priceFactor"] {
    return this.#options.episodes.conditions("", nowMs).priceFactor;
  }

  #isFull(nowMs: number): boolean {
    const { clock, personality } = this.#options;
    return this.#today.day === clock.day(nowMs) && this.#today.bookings >= personality.capacityPerDay;
  }

  #full(nowMs: number): SimulatorAnswer {
    const wait = this.#options.clock.realSecondsUntilMidnight(nowMs);
    return { ...problem(429, "capacity_reached", "We take no more on today."), headers: { "retry-after": String(wait) } };
  }

  #count(atMs: number): void {
    const day = this.#options.clock.day(atMs);
    if (day === this.#today.day) this.#today.bookings += 1;
    else this.#today = { day, bookings: 1 };
  }
}
