import { z } from "zod";

/** Longest word of a courier's that is kept. */
export const wordMax = 200;

/** A courier's word as it can be kept: without what PostgreSQL cannot hold, and no longer than that. */
export function keptWord(text: string): string {
  return text.replaceAll("\0", "\uFFFD").toWellFormed().slice(0, wordMax);
}

/** No courier promises more than a year; what has no bound gives times that no calendar has. */
export const promisedDays = z.number().min(0).max(365);

/** What lies outside is no parcel's time; beyond some years no calendar of ours goes. */
const yearsOf = { first: Date.UTC(2000, 0), after: Date.UTC(3000, 0) };

/** When a parcel was seen: RFC 3339 with its offset. */
export const sightingTime = z.iso.datetime({ offset: true })
  .refine((time) => Date.parse(time) >= yearsOf.first && Date.parse(time) < yearsOf.after, "is no time of a parcel");
