import { z } from "zod";
import { fromDecimalString } from "../../kernel/money.js";
import { promisedDays } from "./answer-parts.js";
import type { Booking, Rate } from "./courier-port.js";

const rate = z.object({
  id: z.string().min(1), carrier: z.string(), service: z.string(),
  rate: z.string(), currency: z.string(), delivery_days: promisedDays.nullish().catch(null),
  created_at: z.iso.datetime({ offset: true }).nullish(),
});
export type EasyPostRate = z.infer<typeof rate>;

const address = z.object({ street1: z.string().nullish(), city: z.string().nullish(), zip: z.string().nullish(), country: z.string().nullish() });

/** One of EasyPost's shipments: an address pair that rates were asked for, and, once one was bought, its label. */
export const shipment = z.object({
  id: z.string().min(1),
  reference: z.string().nullish(),
  created_at: z.iso.datetime({ offset: true }),
  to_address: address.nullish(),
  parcel: z.object({ id: z.string().nullish() }).nullish(),
  rates: z.array(rate).default([]),
  selected_rate: rate.nullish(),
  tracking_code: z.string().nullish(),
  postage_label: z.object({ label_url: z.string().nullish() }).nullish(),
  refund_status: z.string().nullish(),
});
export type EasyPostShipment = z.infer<typeof shipment>;

export const shipmentPage = z.object({ shipments: z.array(shipment), has_more: z.boolean() });
export const ratesAnswer = z.object({ rates: z.array(rate) });

/** `not_applicable`: the carrier bills a label when it scans it, so one that nobody uses costs nothing and needs no refund. */
const voidStates: ReadonlySet<string> = new Set(["submitted", "refunded", "not_applicable"]);

export function isVoided({ refund_status }: Pick<EasyPostShipment, "refund_status">): boolean {
  return !!refund_status && voidStates.has(refund_status);
}

/** The label that was bought and not voided; null where there is none. */
export function bookingOf({ id, tracking_code, postage_label, selected_rate, refund_status }: EasyPostShipment, currency: string): Booking | null {
  if (!postage_label || !tracking_code || isVoided({ refund_status })) return null;
  const priceMinor = selected_rate?.currency === currency ? priceOf(selected_rate) : null;
  return {
    bookingReference: id, trackingCode: tracking_code,
    ...(postage_label.label_url && { labelUrl: postage_label.label_url }),
    ...(priceMinor !== null && { priceMinor }),
    ...(selected_rate && { service: serviceOf(selected_rate) }),
  };
}

/** When it was last made ready to be bought: its rates are asked for anew each time. In milliseconds since 1970. */
export function readySinceMs({ created_at, rates }: EasyPostShipment): number {
  return Math.max(...[created_at, ...rates.map((each) => each.created_at ?? created_at)].map((at) => Date.parse(at)));
}

export function serviceOf({ carrier, service }: EasyPostRate): string {
  return `${carrier}/${service}`;
}

/** A rate's decimal in minor units, whatever zeros follow; null where it is no amount of its currency, or nobody pays. */
export function priceOf({ rate: decimal, currency }: EasyPostRate): number | null {
  const minor = fromDecimalString(decimal.includes(".") ? decimal.replace(/\.?0+$/, "") : decimal, currency);
  return minor === null || minor < 0 ? null : minor;
}

/**
 * The cheapest of each service, dearest last. Two accounts at one carrier offer the same service twice.
 * Those in another currency come after all in ours, since they cannot be compared.
 */
export function ratesByPrice(rates: readonly EasyPostRate[], currency: string): readonly { readonly rate: EasyPostRate; readonly priceMinor: number }[] {
  const priced = rates.flatMap((each) => {
    const priceMinor = priceOf(each);
    return priceMinor === null ? [] : [{ rate: each, priceMinor }];
  });
  priced.sort((one, other) => Number(one.rate.currency !== currency) - Number(other.rate.currency !== currency) || one.priceMinor - other.priceMinor);
  const seen = new Set<string>();
  return priced.filter(({ rate: each }) => !seen.has(serviceOf(each)) && seen.add(serviceOf(each)));
}

/** @returns rates whose reference is the parcel as it was measured: a booking carries its weight only */
export function toRates({ rates, parcel }: EasyPostShipment, currency: string): readonly Rate[] {
  return ratesByPrice(rates, currency).map(({ rate: each, priceMinor }) => ({
    service: serviceOf(each), priceMinor, currency: each.currency, promisedDays: each.delivery_days ?? null, rateReference: parcel?.id ?? null,
  }));
}
