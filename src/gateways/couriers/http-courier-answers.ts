import { z } from "zod";

/** Most services that a courier offers for one parcel. */
const ratesMax = 50;

/** Bookings of one shipment: more than one is an accident already. */
const bookingsMax = 100;

/** Longest history that is read; a parcel that is seen more often than that is a courier's mistake. */
const scansMax = 500;

/** More is no price. Minor units. */
const priceMax = 1_000_000_000;
const price = z.int().min(0).max(priceMax);

/** No courier promises more; what has no bound gives times that no calendar has. */
const promisedDaysMax = 365;

const nameMax = 200;
const referenceMax = 1_000;

/** What names something is kept as it is, and asked for by it: one that cannot be kept is none. */
function name(lengthMax = nameMax) {
  return z.string().min(1).max(lengthMax).refine((text) => !text.includes("\0") && text.isWellFormed(), "cannot be kept");
}

export const ratesAnswer = z.object({
  rates: z.array(z.object({
    service: name(),
    price_minor: price,
    currency: z.string().regex(/^[A-Z]{3}$/),
    promised_days: z.number().min(0).max(promisedDaysMax).nullish(),
    rate_id: name(referenceMax).nullish(),
  })).max(ratesMax),
});

/**
 * What the first version of the contract did not know may be absent, and is taken for absent where it makes no sense: a label is there,
 * and can be called off by its two names.
 */
export const bookingAnswer = z.object({
  booking_id: name(),
  tracking_code: name(),
  service: name().nullish().catch(null),
  price_minor: price.nullish().catch(null),
  currency: z.string().nullish().catch(null),
  label_url: name(referenceMax).refine((text) => URL.canParse(text, "http://courier"), "is no address").nullish().catch(null),
});

export type BookingAnswer = z.infer<typeof bookingAnswer>;

export const bookingsAnswer = z.object({ bookings: z.array(bookingAnswer.extend({ shipment_id: z.string(), status: z.string() })).max(bookingsMax) });

/** A page that says 200 voids nothing. */
export const cancelAnswer = z.object({ status: z.literal("cancelled") });

/** By the third version it says which instruction it follows. */
export const instructionAnswer = z.object({ instruction: z.enum(["redeliver", "return"]) });

const wordMax = 200;

/** What a courier says in words is kept for ever: as much of it as can be. */
const word = z.string().transform((text) => text.replaceAll("\0", "\uFFFD").toWellFormed().slice(0, wordMax));

const scan = z.object({
  id: word.nullish().transform((id) => id === "" ? null : id ?? null),
  code: word,
  reason: word.nullish(),
  city: word.nullish(),
  at: z.iso.datetime({ offset: true }),
});

export type Scan = z.infer<typeof scan>;

export const trackingAnswer = z.object({ tracking_code: z.string(), booking_id: z.string(), scans: z.array(scan).max(scansMax) });

export const eventBody = z.object({ id: z.string(), type: z.literal("tracking.updated"), data: trackingAnswer });

export const errorAnswer = z.object({ error: z.object({ code: z.string() }) });
