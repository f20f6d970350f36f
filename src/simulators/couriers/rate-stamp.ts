import { hash, timingSafeEqual } from "node:crypto";
import type { PricedParcel } from "./price-list.js";

interface Stamp {
  readonly service: string;
  readonly priceMinor: number;
  /** Whole seconds since 1970. */
  readonly validUntil: number;
}

/** A rate's id holds the rate and a seal: a price once given is kept, also after a kill, and nothing has to be remembered. */
export function rateId(stamp: Stamp, parcel: PricedParcel, secret: string): string {
  return `rt_${stamp.service}.${stamp.priceMinor}.${stamp.validUntil}.${seal(stamp, parcel, secret)}`;
}

/** Null where it was not given for such a parcel. */
export function readRateId(id: string, parcel: PricedParcel, secret: string): Stamp | null {
  const [, service = "", price = "", until = "", given = ""] = /^rt_([a-z_]{1,50})\.(\d{1,9})\.(\d{1,12})\.([0-9a-f]{40})$/.exec(id) ?? [];
  const stamp = { service, priceMinor: Number(price), validUntil: Number(until) };
  const expected = seal(stamp, parcel, secret);
  return given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected)) ? stamp : null;
}

function seal({ service, priceMinor, validUntil }: Stamp, { weightGrams, country, postalCode, cashOnDeliveryMinor = 0 }: PricedParcel, secret: string): string {
  return hash("sha1", [secret, service, priceMinor, validUntil, weightGrams, country, postalCode, cashOnDeliveryMinor].join("\n"), "hex");
}
