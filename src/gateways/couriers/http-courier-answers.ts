import { z } from "zod";
import { keptWord, promisedDays, sightingTime } from "./answer-parts.js";

/** Most services that a courier offers for one parcel. */
const ratesMax = 50;

/** Bookings of one shipment: more than one is an accident already. */
const bookingsMax = 100;

/** Longest history that is read; a parcel that is seen more often than that is a courier's mistake. */
const scansMax = 500;

/** More is no price. Minor units. */
const priceMax = 1_000_000_000;
const price = z.int().min(0).max(priceMax);

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
    promised_days: promisedDays.nullish(),
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

/** What a courier says in words is kept for ever: as much of it as can be. */
const word = z.string().transform(keptWord);

/** A reason is a word of a list; whatever else stands there somebody wrote, and may be about people. */
const reason = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/).nullish().catch(null);

const scan = z.object({
  id: word.nullish().transform((id) => id === "" ? null : id ?? null),
  code: word,
  reason,
  city: word.nullish(),
  at: sightingTime,
});

export type Scan = z.infer<typeof scan>;

/** One by one: a sighting that nobody can place must not take the others with it. Where none can be read the answer is none. */
const scans = z.array(z.unknown()).transform((given, context) => {
  const readable = given.slice(-scansMax).flatMap((each) => scan.safeParse(each).data ?? []);
  if (given.length > 0 && readable.length === 0) context.addIssue("hold no sighting that can be read");
  return readable;
});

export const trackingAnswer = z.object({ tracking_code: name(), booking_id: z.string(), scans });

/** News of another kind may come too; what says that it is of a parcel has to be readable. */
export const anyEventBody = z.object({ type: z.string() });

export const eventBody = z.object({ id: z.string(), type: z.literal("tracking.updated"), data: trackingAnswer });

export const errorAnswer = z.object({ error: z.object({ code: z.string() }) });
