import { createHash } from "node:crypto";
import { z } from "zod";
import { trackingStatuses } from "../../events/shipping.js";
import { parseJson } from "../../platform/http-client/json-answer.js";
import { keptWord, sightingTime, wordMax } from "./answer-parts.js";
import type { CourierNews, TrackingScan } from "./courier-port.js";

/** Carriers leave out what they do not know, or leave it empty. */
const word = z.string().nullish().transform((text) => text ? keptWord(text) : null);

const detail = z.object({
  status: z.string().min(1).max(wordMax),
  status_detail: word,
  message: word,
  datetime: sightingTime,
  carrier_code: word,
  tracking_location: z.object({ city: word, zip: word }).nullish(),
});
type Detail = z.infer<typeof detail>;

/** Longest history that is read; what is older is left out. */
const scansMax = 500;

export const tracker = z.object({
  tracking_code: z.string().min(1).max(wordMax).refine((code) => !code.includes("\0"), "cannot be kept"),
  shipment_id: z.string().nullish(),
  // One by one: a sighting without a time cannot be placed, and must not take the others with it.
  tracking_details: z.array(z.unknown()).nullish(),
});
export type EasyPostTracker = z.infer<typeof tracker>;

export const trackerPage = z.object({ trackers: z.array(tracker) });

const event = z.object({ id: z.string().min(1), description: z.enum(["tracker.created", "tracker.updated"]), result: tracker });

const knownStatus = z.enum(trackingStatuses);

/** EasyPost's details that say nothing, and those that have a name of ours (docs/courier-contract.md). */
const reasons: ReadonlyMap<string, string | null> = new Map([
  ["unknown", null], ["status_update", null], ["refused", "refused_by_recipient"], ["weather_delay", "delayed"],
]);

/** All sightings, oldest first. */
export function scansOf({ tracking_code, tracking_details }: EasyPostTracker): readonly TrackingScan[] {
  return (tracking_details ?? [])
    .flatMap((each) => {
      const parsed = detail.safeParse(each);
      return parsed.success ? [toScan(tracking_code, parsed.data)] : [];
    })
    .sort((one, other) => Date.parse(one.occurredAt) - Date.parse(other.occurredAt))
    .slice(-scansMax);
}

function toScan(trackingCode: string, { status, status_detail, message, datetime, carrier_code, tracking_location }: Detail): TrackingScan {
  const known = knownStatus.safeParse(status);
  const occurredAt = new Date(datetime).toISOString();
  // EasyPost numbers no sightings: one that says the same of the same moment is the same.
  const content = JSON.stringify([trackingCode, occurredAt, status, status_detail, message, carrier_code, tracking_location?.city, tracking_location?.zip]);
  return {
    scanId: createHash("sha256").update(content).digest("hex").slice(0, 32),
    // Not the carrier's message: people write it, and some name who signed for the parcel.
    rawCode: [status, status_detail, carrier_code].filter((code) => code !== null).join("/").slice(0, wordMax),
    status: known.success ? known.data : "unknown",
    reasonCode: reasonOf(status_detail),
    city: tracking_location?.city ?? null,
    occurredAt,
  };
}

function reasonOf(statusDetail: string | null): string | null {
  if (statusDetail === null) return null;
  const reason = reasons.get(statusDetail);
  return reason === undefined ? statusDetail : reason;
}

/** @returns null for an event that is no tracker's */
export function toCourierNews(rawBody: string): CourierNews | null {
  const parsed = event.safeParse(parseJson(rawBody));
  if (!parsed.success) return null;
  const { id: eventId, result } = parsed.data;
  // A tracker that was made by hand belongs to no shipment.
  return { eventId, trackingCode: result.tracking_code, bookingReference: result.shipment_id ?? "", scans: scansOf(result) };
}
