import type { ParcelLine, ShipmentEvent, TrackingStatus } from "../../events/shipping.js";
import { defineStream, type Decider } from "../../kernel/decider.js";

interface Shipment {
  readonly booking: "absent" | "booked" | "cancelled" | "impossible";
  readonly shipmentId: string;
  readonly orderId: string;
  readonly courierId: string;
  readonly bookingReference: string;
  readonly trackingCode: string;
  readonly status: TrackingStatus;
  readonly scans: ReadonlySet<string>;
  readonly left: boolean;
}

/** A sighting as the courier reported it. */
export interface Scan {
  readonly scanId: string;
  readonly rawCode: string;
  readonly status: TrackingStatus;
  readonly reasonCode: string | null;
  readonly city: string | null;
  readonly occurredAt: string;
}

export type ShipmentCommand =
  | {
    readonly type: "RecordBooking"; readonly shipmentId: string; readonly orderId: string; readonly courierId: string;
    readonly bookingReference: string; readonly trackingCode: string; readonly lines: readonly ParcelLine[];
    readonly weightGrams: number; readonly parcelCount: number; readonly packing?: number;
  }
  | { readonly type: "RecordScans"; readonly scans: readonly Scan[] }
  | { readonly type: "RecordCancellation"; readonly reason: string }
  | { readonly type: "RecordImpossible"; readonly shipmentId: string; readonly orderId: string; readonly reason: string; readonly packing?: number };

/** How far a status is on its way; news of an earlier stage is history and moves nothing back. */
const stage: Readonly<Record<TrackingStatus, number>> = {
  unknown: 0, pre_transit: 1, error: 1, in_transit: 2, failure: 3, out_for_delivery: 3, available_for_pickup: 3,
  cancelled: 3, delivered: 4, return_to_sender: 5,
};

const leftStatuses: ReadonlySet<TrackingStatus> = new Set([
  "in_transit", "out_for_delivery", "delivered", "available_for_pickup", "failure", "return_to_sender",
]);

/** A parcel is booked once, seen many times in any order, and its status never moves backward. */
export const shipmentDecider: Decider<Shipment, ShipmentCommand, ShipmentEvent> = {
  initial: {
    booking: "absent", shipmentId: "", orderId: "", courierId: "", bookingReference: "", trackingCode: "", status: "unknown", scans: new Set(), left: false,
  },
  decide(command, shipment) {
    switch (command.type) {
      case "RecordBooking":
        return shipment.booking === "absent" ? [{ ...command, type: "ShipmentBooked" }] : [];
      case "RecordImpossible":
        return shipment.booking === "absent" ? [{ ...command, type: "ShipmentImpossible" }] : [];
      case "RecordCancellation": {
        const { shipmentId, orderId, booking } = shipment;
        return booking === "booked" ? [{ type: "ShipmentCancelled", shipmentId, orderId, reason: command.reason }] : [];
      }
      case "RecordScans":
        return shipment.booking === "absent" ? [] : newScans(shipment, command.scans);
    }
  },
  evolve(shipment, event) {
    switch (event.type) {
      case "ShipmentBooked": {
        const { shipmentId, orderId, courierId, bookingReference, trackingCode } = event;
        return { ...shipment, booking: "booked", shipmentId, orderId, courierId, bookingReference, trackingCode };
      }
      case "ShipmentTracked":
        return {
          ...shipment, status: event.currentStatus, scans: new Set(shipment.scans).add(event.scanId),
          left: shipment.left || leftStatuses.has(event.status),
        };
      case "ShipmentCancelled": return { ...shipment, booking: "cancelled" };
      case "ShipmentImpossible": return { ...shipment, booking: "impossible" };
    }
  },
};

function newScans(shipment: Shipment, scans: readonly Scan[]): readonly ShipmentEvent[] {
  const { shipmentId, orderId, courierId, trackingCode } = shipment;
  const events: ShipmentEvent[] = [];
  const known = new Set(shipment.scans);
  let { status: currentStatus, left } = shipment;
  for (const scan of scans) {
    if (known.has(scan.scanId)) continue;
    known.add(scan.scanId);
    const wasDelivered = currentStatus === "delivered";
    if (stage[scan.status] >= stage[currentStatus]) currentStatus = scan.status;
    const milestone = currentStatus === "delivered" && !wasDelivered ? "delivered" : leftStatuses.has(scan.status) && !left ? "left" : null;
    left ||= leftStatuses.has(scan.status);
    const { scanId, rawCode, status, reasonCode, city, occurredAt } = scan;
    events.push({
      type: "ShipmentTracked", shipmentId, orderId, courierId, trackingCode, status, currentStatus, milestone,
      reasonCode, rawCode, scanId, city, occurredAt,
    });
  }
  return events;
}

export const shipmentStream = defineStream("shipment", shipmentDecider);
