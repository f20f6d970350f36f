import { createHash } from "node:crypto";
import { z } from "zod";
import type { TrackingScan } from "./courier-port.js";

/** What lies outside is no parcel's time; beyond some years no calendar of ours goes. */
const yearsOf = { first: Date.UTC(2000, 0), after: Date.UTC(3000, 0) };

/** When a parcel was seen: RFC 3339 with its offset. */
export const sightingTime = z.iso.datetime({ offset: true })
  .refine((time) => Date.parse(time) >= yearsOf.first && Date.parse(time) < yearsOf.after, "is no time of a parcel");

/** A sighting's id where the courier gives none: one that says the same of the same moment is the same. */
export function scanIdOf(trackingCode: string, { rawCode, occurredAt, city }: Pick<TrackingScan, "rawCode" | "occurredAt" | "city">): string {
  return createHash("sha256").update(JSON.stringify([trackingCode, rawCode, occurredAt, city])).digest("hex").slice(0, 32);
}
