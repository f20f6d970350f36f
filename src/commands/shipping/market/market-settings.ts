import type { Deadline } from "../../../events/courier-decisions.js";
import type { GuardedCourier } from "../../../gateways/couriers/guarded-courier.js";
import type { ServiceLimits } from "../choice/choice.js";
import type { ChooserParameters } from "../choice/parameters.js";
import type { Policy } from "../choice/policy.js";
import type { Rules } from "../choice/rules.js";

/** What the shop knows of a service beyond what its courier says. */
export interface ServiceTerms extends ServiceLimits {
  /** What it counts with while the courier has never named a price. */
  readonly priceMinor?: number;
  readonly promisedDays?: number;
}

/** When a courier comes for the parcels, by the shop's clock. */
export interface Pickup {
  /** Minutes since midnight by which a parcel has to be ready; null: by the end of the day. */
  readonly cutoffMinutes: number | null;
  /** 0 is Sunday. */
  readonly weekdays: readonly number[];
}

/** A courier as the shop has it. */
export interface MarketCourier {
  readonly courier: GuardedCourier;
  /** By the courier's own words. */
  readonly services: Readonly<Record<string, ServiceTerms>>;
  readonly pickup: Pickup;
}

/** How a shop wants its parcels given away. */
export interface MarketTerms {
  /** The shop's; rates in another one count for nothing. */
  readonly currency: string;
  readonly policy: Policy;
  readonly rules: Rules;
  readonly deadline: Deadline | null;
  /** Whether now and then a courier is tried out. */
  readonly explore: boolean;
  readonly parameters: ChooserParameters;
  /** Bound of asking all couriers for their rates. */
  readonly rateTimeoutMs: number;
}

/** The service of a courier that names none. */
export const usualService = "usual";

/** Evidence, prices and volumes know a service by this; null is the courier's usual one. */
export function serviceName(service: string | null): string {
  return service ?? usualService;
}
