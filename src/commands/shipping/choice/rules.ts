import type { Exclusion } from "../../../events/courier-decisions.js";
import type { Candidate, ChoiceParcel, ChoiceRequest, ServiceLimits, Volume } from "./choice.js";

/** What a shop does not want, whatever it costs. */
export interface Rules {
  /** No parcel by that courier (or only that service of it) to a region, its parts, or (`*`) anywhere. */
  readonly never: readonly { readonly courierId: string; readonly service?: string; readonly region: string }[];
  /** At most that share of all parcels to one courier, 0 to 1. */
  readonly shareMax: Readonly<Record<string, number>>;
  /** At most so many parcels to a courier in a day. */
  readonly capacityPerDay: Readonly<Record<string, number>>;
}

/** Why the candidate cannot have this parcel; null where it can. */
export function excludedBy(candidate: Candidate, { parcel, rules, volume }: ChoiceRequest): Exclusion | null {
  if (rules.never.some((rule) => forbids(rule, candidate, parcel))) return "rule_never";
  if (candidate.asked) return candidate.asked;
  const limit = beyondLimits(candidate.limits, parcel);
  if (limit) return limit;
  const { courierId, breaker } = candidate;
  if ((volume.today[courierId] ?? 0) >= (rules.capacityPerDay[courierId] ?? Infinity)) return "capacity_reached";
  if (reachesShare(courierId, rules.shareMax[courierId], volume.window)) return "share_reached";
  if (breaker === "open" || breaker === "held_open") return "breaker_open";
  if (breaker === "half_open" && !candidate.probeFree) return "breaker_probing";
  return candidate.priceMinor === null && !candidate.unpriced ? "no_price" : null;
}

function forbids(rule: Rules["never"][number], { courierId, service }: Candidate, { country, fineRegion }: ChoiceParcel): boolean {
  return rule.courierId === courierId && (rule.service === undefined || rule.service === service)
    && (rule.region === "*" || rule.region === country || (rule.region.includes("-") && fineRegion.startsWith(rule.region)));
}

function beyondLimits(limits: ServiceLimits, parcel: ChoiceParcel): Exclusion | null {
  if (limits.countries && !limits.countries.includes(parcel.country)) return "destination";
  if (parcel.weightGrams > (limits.weightMaxGrams ?? Infinity)) return "too_heavy";
  if (parcel.sizeMm?.some((length, side) => length > (limits.sizeMaxMm?.[side] ?? Infinity))) return "too_large";
  if (parcel.cashOnDeliveryMinor > (limits.cashOnDeliveryMaxMinor ?? Infinity)) return "no_cash_on_delivery";
  return null;
}

/** Held within one parcel: the first of a day would otherwise go to nobody. */
function reachesShare(courierId: string, share: number | undefined, window: Volume["window"]): boolean {
  if (share === undefined) return false;
  const total = Object.values(window).reduce((sum, count) => sum + count, 0);
  return (window[courierId] ?? 0) + 1 > Math.ceil(share * (total + 1));
}
