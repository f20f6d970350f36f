import type { ShipmentEvent, TrackingStatus } from "../../../events/shipping.js";

/** One try to give the parcel to a courier. */
export interface Attempt {
  readonly attempt: number;
  readonly courierId: string;
  readonly service: string | null;
  readonly rateReference: string | null;
  readonly region: string;
  readonly promisedDays: number | null;
  readonly attemptedAt: string;
  /**
   * `open`: it was begun, and its answer is not written. `in_doubt`: it was given up, and may have made a label. `failed` and `none`: no label.
   * `surplus`: a label too many, to be called off. `booked`: the parcel's own.
   */
  readonly state: "open" | "in_doubt" | "failed" | "none" | "booked" | "surplus" | "voided" | "left";
  /** The courier's id of what it booked, once that is known. */
  readonly bookingReference: string | null;
}

/** A parcel, from the first courier that was weighed for it to its buyer's hands. */
export interface Shipment {
  readonly booking: "absent" | "booked" | "cancelled" | "impossible";
  readonly shipmentId: string;
  readonly orderId: string;
  /** Empty before it is booked, as all of its booking. */
  readonly courierId: string;
  readonly bookingReference: string;
  readonly trackingCode: string;
  readonly service: string | null;
  readonly region: string;
  readonly promisedDays: number | null;
  readonly bookedAt: string;
  readonly handOverBy: string;
  /** As we said; null where nobody did. */
  readonly handedOverAt: string | null;
  /** Decisions so far. */
  readonly rounds: number;
  readonly attempts: readonly Attempt[];
  /** Whether it is told already that it waits for a courier. */
  readonly delayed: boolean;
  readonly labelKept: boolean;
  readonly status: TrackingStatus;
  readonly scans: ReadonlySet<string>;
  readonly left: boolean;
  /** When the first scan that it had left says so. */
  readonly leftAt: string | null;
  readonly failures: number;
  readonly returning: boolean;
  readonly lostAt: string | null;
  /** It is to be called off, and the courier has not answered yet. */
  readonly voiding: boolean;
}

export const noShipment: Shipment = {
  booking: "absent", shipmentId: "", orderId: "", courierId: "", bookingReference: "", trackingCode: "", service: null, region: "", promisedDays: null,
  bookedAt: "", handOverBy: "", handedOverAt: null, rounds: 0, attempts: [], delayed: false, labelKept: false, status: "unknown", scans: new Set(),
  left: false, leftAt: null, failures: 0, returning: false, lostAt: null, voiding: false,
};

/** Statuses that only a parcel has which the courier holds, or has held. */
export const leftStatuses: ReadonlySet<TrackingStatus> = new Set([
  "in_transit", "out_for_delivery", "delivered", "available_for_pickup", "failure", "return_to_sender",
]);

export function evolveShipment(shipment: Shipment, event: ShipmentEvent): Shipment {
  const { shipmentId, orderId } = event;
  switch (event.type) {
    case "ShipmentDecided": return { ...shipment, shipmentId, orderId, rounds: event.round };
    case "ShipmentAttempted": {
      const { attempt, courierId, service, rateReference, region, promisedDays, attemptedAt } = event;
      const begun: Attempt = { attempt, courierId, service, rateReference, region, promisedDays, attemptedAt, state: "open", bookingReference: null };
      return { ...shipment, shipmentId, orderId, delayed: false, attempts: [...shipment.attempts, begun] };
    }
    case "ShipmentAttemptFailed": return withAttempt(shipment, event.attempt, { state: event.inDoubt ? "in_doubt" : "failed" });
    case "ShipmentAttemptSettled": return withAttempt(shipment, event.attempt, { state: event.outcome });
    case "ShipmentSurplusFound": return withAttempt(shipment, event.attempt, { state: "surplus", bookingReference: event.bookingReference });
    case "ShipmentDelayed": return { ...shipment, delayed: true };
    case "ShipmentBooked": {
      const { courierId, bookingReference, trackingCode, service, region, promisedDays, bookedAt, handOverBy, attempt } = event;
      const booked = { ...shipment, shipmentId, orderId, courierId, bookingReference, trackingCode, service, region, promisedDays, bookedAt, handOverBy };
      return withAttempt({ ...booked, booking: "booked" }, attempt, { state: "booked", bookingReference });
    }
    case "ShipmentLabelKept": return { ...shipment, labelKept: true };
    case "ShipmentHandedOver": return { ...shipment, handedOverAt: event.handedOverAt };
    case "ShipmentTracked": {
      const leaves = !shipment.left && leftStatuses.has(event.status);
      return {
        ...shipment, status: event.currentStatus, scans: new Set(shipment.scans).add(event.scanId), lostAt: null,
        left: shipment.left || leaves, leftAt: leaves ? event.occurredAt : shipment.leftAt, failures: event.failures ?? shipment.failures,
      };
    }
    case "ShipmentLost": return { ...shipment, lostAt: event.lostAt };
    case "ShipmentReturnStarted": return { ...shipment, returning: true };
    case "ShipmentVoidRequested": return { ...shipment, voiding: true };
    case "ShipmentVoidRefused": return { ...shipment, voiding: false };
    case "ShipmentCancelled": return { ...shipment, booking: "cancelled", voiding: false };
    case "ShipmentImpossible": return { ...shipment, booking: "impossible" };
  }
}

function withAttempt(shipment: Shipment, attempt: number, change: Pick<Attempt, "state"> & Partial<Attempt>): Shipment {
  return { ...shipment, attempts: shipment.attempts.map((one) => (one.attempt === attempt ? { ...one, ...change } : one)) };
}
