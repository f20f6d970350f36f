import type { Rate } from "../../../gateways/couriers/courier-port.js";
import type { Candidate, ServiceLimits } from "../choice/choice.js";
import { usualService, type MarketCourier, type ServiceTerms } from "./market-settings.js";

/** What a courier said when it was asked for its rates: see `RatesReader`. Null where it was not asked. */
type Said = readonly Rate[] | "silent" | "has_none" | null;

/** The price of a service when its courier last named one. */
interface LastKnown {
  readonly service: string;
  readonly priceMinor: number;
  readonly promisedDays: number | null;
}

/** A service that may be chosen, and how it is booked. */
export interface Offer extends Pick<Candidate, "courierId" | "service" | "priceMinor" | "unpriced" | "priceSource" | "promisedDays" | "limits"> {
  /** The courier's word; null for its usual service, which is booked without naming it. */
  readonly bookedAs: string | null;
  readonly rateReference: string | null;
}

/** Carries nothing: the courier named its services for this parcel, and not this one. */
const notThere: ServiceLimits = { countries: [] };

/** The services of a courier for one parcel: what it says itself, or what is known of it where it says nothing. Promises are in whole days. */
export function offersOf({ courier: { id }, services }: Pick<MarketCourier, "services"> & { readonly courier: { readonly id: string } }, said: Said, lastKnown: readonly LastKnown[]): readonly Offer[] {
  if (Array.isArray(said)) return quoted(id, services, said as readonly Rate[]);
  const names = [...new Set([...lastKnown.map(({ service }) => service), ...Object.keys(services)])];
  return (names.length > 0 ? names : [usualService]).map((service): Offer => {
    const terms = services[service];
    const known = lastKnown.find((one) => one.service === service);
    return {
      courierId: id, service, limits: terms ?? {}, priceSource: "last_known",
      priceMinor: known?.priceMinor ?? terms?.priceMinor ?? null, ...(said === "has_none" ? { unpriced: true } : {}),
      promisedDays: wholeDays(known?.promisedDays ?? terms?.promisedDays ?? null),
      bookedAs: service === usualService ? null : service, rateReference: null,
    };
  });
}

function quoted(courierId: string, services: Readonly<Record<string, ServiceTerms>>, rates: readonly Rate[]): readonly Offer[] {
  const missing = Object.keys(services).filter((service) => !rates.some((rate) => rate.service === service));
  const named = rates.map(({ service, priceMinor, promisedDays, rateReference }): Offer => ({
    courierId, service, limits: services[service] ?? {}, priceSource: "quoted", priceMinor, promisedDays: wholeDays(promisedDays), bookedAs: service, rateReference,
  }));
  const silent = missing.length === 0 && named.length === 0 ? [usualService] : missing;
  return [...named, ...silent.map((service): Offer => ({
    courierId, service, limits: notThere, priceSource: "last_known", priceMinor: null, promisedDays: null, bookedAs: service, rateReference: null,
  }))];
}

/** A promise is kept or broken by the day. */
export function wholeDays(days: number | null): number | null {
  return days === null ? null : Math.ceil(days);
}
