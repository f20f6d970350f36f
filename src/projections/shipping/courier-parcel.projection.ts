import type { ShipmentBooked, ShipmentEvent, ShipmentTracked } from "../../events/shipping.js";
import { defineProjection } from "../../kernel/projection.js";
import { after, millisecondsBetween } from "../../kernel/time.js";

/** What one courier made of one parcel: a label and what came of it, or a booking that failed. */
export interface CourierParcelRow {
  /** The shipment; of a booking that failed `<shipment>/<attempt>`, since somebody else has the parcel. */
  readonly parcel: string;
  readonly courierId: string;
  /** Empty for the courier's usual one. */
  readonly service: string;
  readonly region: string;
  /** Monday of the week in which it was booked or refused, RFC 3339 UTC. */
  readonly week: string;
  /** Why the booking failed; null where there is a label. */
  readonly failureCode: string | null;
  /** This and all below is null or false where there is no label. */
  readonly bookedAt: string | null;
  readonly handOverBy: string | null;
  /** Null where the courier did not say. */
  readonly priceMinor: number | null;
  /** When the courier has to be at the door; null where it promised nothing. */
  readonly dueAt: string | null;
  /** By the courier's clock, as far as that can be: not before the label, nor after we heard of it. */
  readonly deliveredAt: string | null;
  readonly returned: boolean;
  readonly lost: boolean;
  readonly calledOff: boolean;
}

/** Attempts that say nothing of the courier: our own gate held them back, or the worker that called was gone before the answer. */
const oursToBear: ReadonlySet<string> = new Set(["held_back", "abandoned"]);

const dayMs = 86_400_000;

/** A row for each label and each booking that failed: what couriers are judged by. */
export const courierParcel = defineProjection<ShipmentEvent, CourierParcelRow>({
  name: "courier_parcel",
  version: 2,
  categories: ["shipment"],
  key: "parcel",
  touches(event) {
    const { type, shipmentId } = event;
    if (type === "ShipmentBooked") return [shipmentId, failureKey(event)];
    if (type === "ShipmentAttemptFailed") return oursToBear.has(event.code) ? [] : [failureKey(event)];
    // Most scans change nothing here.
    return type === "ShipmentTracked" && !saysMuch(event) ? [] : [shipmentId];
  },
  on: {
    ShipmentBooked(event, rows) {
      // An attempt that was given up in doubt and turned out to have made the label is none that failed.
      rows.delete(failureKey(event));
      rows.put(labelOf(event));
    },
    ShipmentAttemptFailed(event, rows, { recordedAt }) {
      const { courierId, service, region, code } = event;
      if (oursToBear.has(code)) return;
      rows.put({ ...nothingYet, parcel: failureKey(event), courierId, service: service ?? "", region, week: weekOf(recordedAt), failureCode: code });
    },
    ShipmentHandedOver({ shipmentId, handedOverAt }, rows) {
      rows.change(shipmentId, (row) => ({ ...row, dueAt: dueAfter(row, handedOverAt) }));
    },
    ShipmentTracked(event, rows, { recordedAt }) {
      if (!saysMuch(event)) return;
      rows.change(event.shipmentId, (row) => ({
        ...row, lost: false, deliveredAt: event.status === "delivered" ? earlier(row.deliveredAt, arrivalOf(row, event.occurredAt, recordedAt)) : row.deliveredAt,
      }));
    },
    ShipmentLost({ shipmentId }, rows) {
      rows.change(shipmentId, (row) => ({ ...row, lost: true }));
    },
    ShipmentReturnStarted({ shipmentId, cause }, rows) {
      // What travels after it was called off is to come back, and no fault of its journey.
      if (cause !== "left_after_cancellation") rows.change(shipmentId, (row) => ({ ...row, returned: true }));
    },
    ShipmentCancelled({ shipmentId }, rows) {
      rows.change(shipmentId, (row) => ({ ...row, calledOff: true }));
    },
    ShipmentDecided: "ignored",
    ShipmentAttempted: "ignored",
    ShipmentAttemptSettled: "ignored",
    ShipmentSurplusFound: "ignored",
    ShipmentDelayed: "ignored",
    ShipmentImpossible: "ignored",
    ShipmentLabelKept: "ignored",
    ShipmentVoidRequested: "ignored",
    ShipmentVoidRefused: "ignored",
  },
});

const nothingYet = {
  failureCode: null, bookedAt: null, handOverBy: null, priceMinor: null, dueAt: null, deliveredAt: null, returned: false, lost: false, calledOff: false,
} as const;

function failureKey({ shipmentId, attempt }: { readonly shipmentId: string; readonly attempt: number }): string {
  return `${shipmentId}/${attempt}`;
}

/** It arrived, or is not lost after all. */
function saysMuch({ status, lostAt }: ShipmentTracked): boolean {
  return status === "delivered" || lostAt !== undefined;
}

/** A promise counts from the booking. */
function labelOf({ shipmentId, courierId, service, region, bookedAt, handOverBy, priceMinor, promisedDays }: ShipmentBooked): CourierParcelRow {
  const dueAt = promisedDays === null ? null : after(bookedAt, Math.round(promisedDays * dayMs));
  return { ...nothingYet, parcel: shipmentId, courierId, service: service ?? "", region, week: weekOf(bookedAt), bookedAt, handOverBy, priceMinor, dueAt };
}

/** By as much as we hand it over late a parcel may come late. */
function dueAfter({ dueAt, handOverBy }: CourierParcelRow, handedOverAt: string): string | null {
  return dueAt === null || handOverBy === null ? dueAt : after(dueAt, Math.max(0, millisecondsBetween(handOverBy, handedOverAt)));
}

/** A courier's clock may be wrong by any amount, and one such parcel must not spoil a week's figures. In milliseconds since 1970. */
function arrivalOf({ bookedAt }: CourierParcelRow, told: string, recordedAt: string): number {
  const heardMs = Date.parse(recordedAt);
  const toldMs = Date.parse(told);
  return toldMs <= heardMs && (bookedAt === null || toldMs >= Date.parse(bookedAt)) ? toldMs : heardMs;
}

/** Couriers tell of one delivery more than once, and not always the first time first. */
function earlier(known: string | null, toldMs: number): string {
  return new Date(known === null ? toldMs : Math.min(toldMs, Date.parse(known))).toISOString();
}

/** Weeks are those of ISO 8601, in UTC. @param moment RFC 3339 */
function weekOf(moment: string): string {
  const day = new Date(moment);
  const sinceMonday = (day.getUTCDay() + 6) % 7;
  return new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate() - sinceMonday)).toISOString();
}
