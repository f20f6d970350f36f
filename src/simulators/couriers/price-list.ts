import type { CourierPersonality, CourierService, Lane } from "./personality.js";

/** What of a parcel a price depends on. */
export interface PricedParcel {
  readonly weightGrams: number;
  readonly sizeMm?: readonly number[] | undefined;
  readonly country: string;
  readonly postalCode: string;
  readonly cashOnDeliveryMinor?: number | undefined;
}

export interface Offer {
  readonly service: string;
  readonly lane: Lane;
  readonly priceMinor: number;
}

/** Why a service is not for a parcel. */
export type NoOffer = "service_unknown" | "destination_not_served" | "parcel_too_heavy" | "parcel_too_large" | "cash_on_delivery_unsupported";

export function offersFor({ services }: CourierPersonality, parcel: PricedParcel, priceFactor: number): readonly Offer[] {
  return services.map((service) => offerOf(service, parcel, priceFactor)).filter((offer) => typeof offer !== "string")
    .sort((one, other) => one.priceMinor - other.priceMinor);
}

/** @param name absent takes the cheapest that will do */
export function offerFor(personality: CourierPersonality, name: string | undefined, parcel: PricedParcel, priceFactor: number): Offer | NoOffer {
  if (name === undefined) {
    const [cheapest] = offersFor(personality, parcel, priceFactor);
    if (cheapest) return cheapest;
  }
  const service = personality.services.find((each) => name === undefined || each.name === name);
  return service ? offerOf(service, parcel, priceFactor) : "service_unknown";
}

function offerOf({ name, lanes, sizeMaxMm, cashOnDeliveryMinor }: CourierService, parcel: PricedParcel, priceFactor: number): Offer | NoOffer {
  const lane = lanes.find((each) => goesTo(each, parcel));
  if (!lane) return "destination_not_served";
  const price = lane.prices.find(([upToGrams]) => parcel.weightGrams <= upToGrams)?.[1];
  if (price === undefined) return "parcel_too_heavy";
  if (sizeMaxMm && parcel.sizeMm && !fits(parcel.sizeMm, sizeMaxMm)) return "parcel_too_large";
  const collects = (parcel.cashOnDeliveryMinor ?? 0) > 0;
  if (collects && cashOnDeliveryMinor === null) return "cash_on_delivery_unsupported";
  return { service: name, lane, priceMinor: Math.round((price + (collects ? cashOnDeliveryMinor ?? 0 : 0)) * priceFactor) };
}

function goesTo({ countries, postalPrefixes }: Lane, { country, postalCode }: PricedParcel): boolean {
  if (countries !== "all" && !countries.includes(country)) return false;
  return postalPrefixes?.some((prefix) => postalCode.startsWith(prefix)) ?? true;
}

function fits(sizeMm: readonly number[], maxMm: readonly number[]): boolean {
  return [...sizeMm].sort((one, other) => other - one).every((length, index) => length <= (maxMm[index] ?? 0));
}
