import { z } from "zod";

/** Most services that a courier offers for one parcel. */
const ratesMax = 50;

/** Bookings of one shipment: more than one is an accident already. */
const bookingsMax = 100;

/** Longest history that is read; a parcel that is seen more often than that is a courier's mistake. */
const scansMax = 500;

const price = z.int().min(0);

export const ratesAnswer = z.object({
  rates: z.array(z.object({
    service: z.string().min(1),
    price_minor: price,
    currency: z.string().regex(/^[A-Z]{3}$/),
    promised_days: z.number().min(0).nullish(),
    rate_id: z.string().min(1).nullish(),
  })).max(ratesMax),
});

/** What the first version of the contract did not know may be absent. */
export const bookingAnswer = z.object({
  booking_id: z.string().min(1),
  tracking_code: z.string().min(1),
  service: z.string().nullish(),
  price_minor: price.nullish(),
  label_url: z.string().refine((text) => URL.canParse(text, "http://courier"), "is no address").nullish(),
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
