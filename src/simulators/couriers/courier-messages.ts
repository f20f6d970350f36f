import { z } from "zod";
import type { SimulatorAnswer } from "../simulator-server.js";
import { instructions, type Parcel, type ScanEvent } from "./courier-records.js";

const weight = z.int().min(1).max(1_000_000);
const money = z.int().min(0).max(100_000_000);
const place = {
  city: z.string().min(1).max(100),
  postal_code: z.string().min(1).max(20),
  country: z.string().regex(/^[A-Z]{2}$/),
};

/** The body of `POST /v1/rates`, as `docs/courier-contract.md` has it. */
export const ratesBody = z.object({
  shipment_id: z.string().min(1).max(100),
  parcel: z.object({ weight_grams: weight, size_mm: z.array(z.number().min(0).max(100_000)).length(3).optional() }),
  destination: z.object(place),
  cash_on_delivery_minor: money.optional(),
});

/** The body of `POST /v1/bookings`. */
export const bookingBody = z.object({
  shipment_id: z.string().min(1).max(100),
  order_id: z.string().min(1).max(100),
  weight_grams: weight,
  destination: z.object({
    name: z.string().min(1).max(200),
    street: z.string().min(1).max(200),
    ...place,
    phone: z.string().max(50).optional(),
    email: z.string().max(200).optional(),
  }),
  service: z.string().min(1).max(100).optional(),
  rate_id: z.string().min(1).max(300).optional(),
  cash_on_delivery_minor: money.optional(),
});

/** The body of `POST /v1/bookings/{booking_id}/instructions`. */
export const instructionBody = z.object({ instruction: z.enum(instructions) });

export type BookingBody = z.infer<typeof bookingBody>;

export function bookingAnswer(parcel: Parcel, replayed: boolean): SimulatorAnswer {
  return { status: replayed ? 200 : 201, body: bookingObject(parcel), ...(replayed ? { headers: { "idempotent-replayed": "true" } } : {}) };
}

/** All bookings of a shipment, newest first. */
export function bookingsAnswer(parcels: readonly Parcel[]): SimulatorAnswer {
  const bookings = parcels.toReversed().map((parcel) => ({ ...bookingObject(parcel), status: parcel.state === "cancelled" ? "cancelled" : "booked" }));
  return { status: 200, body: { bookings } };
}

/** For `/_simulator/bookings`. */
export function bookingRow(parcel: Parcel): object {
  return { ...bookingObject(parcel), order_id: parcel.booking.orderId, region: parcel.booking.deal?.region ?? null, state: parcel.state, carried: parcel.carried };
}

function bookingObject({ booking: { id, trackingCode, shipmentId, deal } }: Parcel): object {
  return {
    booking_id: id, tracking_code: trackingCode, shipment_id: shipmentId,
    ...(deal ? { service: deal.service, price_minor: deal.priceMinor, currency: deal.currency, label_url: `/v1/labels/${id}` } : {}),
  };
}

export function trackingAnswer(parcel: Parcel): SimulatorAnswer {
  const { trackingCode, id } = parcel.booking;
  return { status: 200, body: { tracking_code: trackingCode, booking_id: id, scans: parcel.seen.map((_sighting, index) => scanObject(parcel, index)) } };
}

/** One event a scan. */
export function webhookBody({ id, parcel, index }: ScanEvent): string {
  const { booking } = parcel;
  const scan = scanObject(parcel, index);
  return JSON.stringify({
    id, type: "tracking.updated", created_at: scan.at,
    data: { tracking_code: booking.trackingCode, booking_id: booking.id, shipment_id: booking.shipmentId, scans: [scan] },
  });
}

export function problem(status: number, code: string, message: string): SimulatorAnswer {
  return { status, body: { error: { code, message } } };
}

interface ScanObject {
  readonly id: string;
  readonly code: string;
  readonly reason: string | null;
  readonly city: string | null;
  readonly at: string;
}

function scanObject({ booking, seen }: Parcel, index: number): ScanObject {
  const { code, city, atMs } = seen[index] ?? { code: "ERROR", city: null, atMs: 0 };
  return { id: `${booking.id}-${index}`, code, reason: null, city, at: new Date(atMs).toISOString() };
}
