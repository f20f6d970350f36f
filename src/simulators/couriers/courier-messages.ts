import { z } from "zod";
import type { SimulatorAnswer } from "../simulator-server.js";
import type { Parcel, ScanEvent } from "./courier-books.js";

/** The body of `POST /v1/bookings`, as `docs/courier-contract.md` has it. */
export const bookingBody = z.object({
  shipment_id: z.string().min(1).max(100),
  order_id: z.string().min(1).max(100),
  weight_grams: z.int().min(1).max(1_000_000),
  destination: z.object({
    name: z.string().min(1).max(200),
    street: z.string().min(1).max(200),
    city: z.string().min(1).max(100),
    postal_code: z.string().min(1).max(20),
    country: z.string().regex(/^[A-Z]{2}$/),
    phone: z.string().max(50).optional(),
    email: z.string().max(200).optional(),
  }),
});

export function bookingAnswer({ booking }: Parcel, replayed: boolean): SimulatorAnswer {
  return {
    status: replayed ? 200 : 201,
    body: { booking_id: booking.id, tracking_code: booking.trackingCode, shipment_id: booking.shipmentId },
    ...(replayed ? { headers: { "idempotent-replayed": "true" } } : {}),
  };
}

export function trackingAnswer(parcel: Parcel): SimulatorAnswer {
  const { trackingCode, id } = parcel.booking;
  return { status: 200, body: { tracking_code: trackingCode, booking_id: id, scans: parcel.scansMs.map((_atMs, step) => scanObject(parcel, step)) } };
}

/** One event a scan. */
export function webhookBody({ id, parcel, step }: ScanEvent): string {
  const { booking } = parcel;
  const scan = scanObject(parcel, step);
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

function scanObject({ booking, scansMs }: Parcel, step: number): ScanObject {
  const { code = "ERROR", city = null } = booking.plan[step] ?? {};
  return { id: `${booking.id}-${step}`, code, reason: null, city, at: new Date(scansMs[step] ?? 0).toISOString() };
}
