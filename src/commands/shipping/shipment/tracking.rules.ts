import type {
  ExpectedDelivery, Milestone, ShipmentCancelled, ShipmentHandedOver, ShipmentLabelKept, ShipmentLost, ShipmentReturnStarted, ShipmentTracked,
  ShipmentVoidRefused, ShipmentVoidRequested, TrackingStatus,
} from "../../../events/shipping.js";
import { leftStatuses, type Shipment } from "./shipment-state.js";

/** A sighting as the courier reported it. */
export interface Scan {
  readonly scanId: string;
  readonly rawCode: string;
  readonly status: TrackingStatus;
  readonly reasonCode: string | null;
  readonly city: string | null;
  readonly occurredAt: string;
}

export type TrackingCommand =
  | { readonly type: "RecordScans"; readonly scans: readonly Scan[]; readonly expectedDelivery?: ExpectedDelivery | null }
  | { readonly type: "KeepLabel"; readonly contentType: string; readonly sizeBytes: number }
  | { readonly type: "HandOver"; readonly handedOverAt: string }
  | { readonly type: "DeclareLost"; readonly lastNewsAt: string; readonly lostAt: string }
  | { readonly type: "StartReturn"; readonly cause: ShipmentReturnStarted["cause"] }
  | { readonly type: "RequestVoid"; readonly reason: string }
  | { readonly type: "RefuseVoid"; readonly code: string }
  | { readonly type: "RecordCancellation"; readonly reason: string };

type TrackingEvent =
  | ShipmentTracked | ShipmentLabelKept | ShipmentHandedOver | ShipmentLost | ShipmentReturnStarted
  | ShipmentVoidRequested | ShipmentVoidRefused | ShipmentCancelled;

/** How far a status is on its way; news of an earlier stage is history and moves nothing back. */
const stage: Readonly<Record<TrackingStatus, number>> = {
  unknown: 0, pre_transit: 1, error: 1, in_transit: 2, failure: 3, out_for_delivery: 3, available_for_pickup: 3,
  cancelled: 3, delivered: 4, return_to_sender: 5,
};

/** A parcel is seen many times in any order, and its status never moves backward. Nothing is said of one that has no label. */
export function decideTracking(command: TrackingCommand, shipment: Shipment): readonly TrackingEvent[] {
  const { shipmentId, orderId, courierId, booking } = shipment;
  if (booking === "absent" || booking === "impossible") return [];
  const ids = { shipmentId, orderId };
  switch (command.type) {
    case "RecordScans": return newScans(shipment, command);
    case "KeepLabel":
      return shipment.labelKept ? [] : [{ type: "ShipmentLabelKept", ...ids, contentType: command.contentType, sizeBytes: command.sizeBytes }];
    case "HandOver":
      return shipment.handedOverAt !== null || booking === "cancelled" ? [] : [{ type: "ShipmentHandedOver", ...ids, courierId, handedOverAt: command.handedOverAt }];
    case "DeclareLost":
      return shipment.lostAt !== null || shipment.status === "delivered" || booking === "cancelled" ? []
        : [{ type: "ShipmentLost", ...ids, courierId, lastNewsAt: command.lastNewsAt, lostAt: command.lostAt }];
    case "StartReturn": return shipment.returning ? [] : [{ type: "ShipmentReturnStarted", ...ids, courierId, cause: command.cause }];
    case "RequestVoid": return booking === "cancelled" || shipment.voiding ? [] : [{ type: "ShipmentVoidRequested", ...ids, courierId, reason: command.reason }];
    case "RefuseVoid": return shipment.voiding ? [{ type: "ShipmentVoidRefused", ...ids, courierId, code: command.code }] : [];
    case "RecordCancellation": return booking === "booked" ? [{ type: "ShipmentCancelled", ...ids, reason: command.reason }] : [];
  }
}

function newScans(shipment: Shipment, { scans, expectedDelivery }: Extract<TrackingCommand, { type: "RecordScans" }>): readonly TrackingEvent[] {
  const { shipmentId, orderId, courierId, trackingCode, booking } = shipment;
  const events: TrackingEvent[] = [];
  const known = new Set(shipment.scans);
  let { status: currentStatus, left, returning, failures, lostAt } = shipment;
  for (const scan of scans) {
    if (known.has(scan.scanId)) continue;
    known.add(scan.scanId);
    const before = currentStatus;
    const isForward = stage[scan.status] >= stage[before];
    if (isForward) currentStatus = scan.status;
    const leaves = leftStatuses.has(scan.status) && !left;
    const milestone = milestoneOf({ before, scan, isForward, leaves });
    if (milestone === "failure") failures += 1;
    left ||= leaves;
    const { scanId, rawCode, status, reasonCode, city, occurredAt } = scan;
    events.push({
      type: "ShipmentTracked", shipmentId, orderId, courierId, trackingCode, status, currentStatus, milestone,
      reasonCode, rawCode, scanId, city, occurredAt,
      ...(milestone === "failure" ? { failures } : {}), ...(lostAt === null ? {} : { lostAt }),
      ...(expectedDelivery === undefined ? {} : { expectedDelivery: isOver(currentStatus) ? null : expectedDelivery }),
    });
    lostAt = null;
    const cause = milestone === "returning" ? "courier" : leaves && booking === "cancelled" ? "left_after_cancellation" : null;
    if (cause === null || returning) continue;
    returning = true;
    events.push({ type: "ShipmentReturnStarted", shipmentId, orderId, courierId, cause });
  }
  return events;
}

interface Sighting {
  readonly before: TrackingStatus;
  readonly scan: Scan;
  readonly isForward: boolean;
  readonly leaves: boolean;
}

/** The furthest that a scan says; that it has left is implied by all the others. */
function milestoneOf({ before, scan: { status }, isForward, leaves }: Sighting): Milestone | null {
  if (isForward && status === "delivered" && before !== "delivered") return "delivered";
  if (isForward && status === "return_to_sender" && before !== "return_to_sender") return "returning";
  if (isForward && status === "failure") return "failure";
  return leaves ? "left" : null;
}

function isOver(status: TrackingStatus): boolean {
  return status === "delivered" || status === "return_to_sender" || status === "cancelled";
}
