import type {
  ShipmentCancelled, ShipmentHandedOver, ShipmentLabelKept, ShipmentLost, ShipmentReturnStarted, ShipmentTracked, ShipmentVoidRefused, ShipmentVoidRequested,
} from "../../../events/shipping.js";
import { newScans, type RecordScans } from "./scans.js";
import type { Shipment } from "./shipment-state.js";

export type TrackingCommand =
  | RecordScans
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
      return mayBeLost(shipment) ? [{ type: "ShipmentLost", ...ids, courierId, lastNewsAt: command.lastNewsAt, lostAt: command.lostAt }] : [];
    case "StartReturn": return mayComeBack(shipment, command) ? [{ type: "ShipmentReturnStarted", ...ids, courierId, cause: command.cause }] : [];
    case "RequestVoid": return booking === "cancelled" || shipment.voiding ? [] : [{ type: "ShipmentVoidRequested", ...ids, courierId, reason: command.reason }];
    case "RefuseVoid": return shipment.voiding ? [{ type: "ShipmentVoidRefused", ...ids, courierId, code: command.code }] : [];
    case "RecordCancellation": return booking === "booked" ? [{ type: "ShipmentCancelled", ...ids, reason: command.reason }] : [];
  }
}

/** Whom a parcel has reached keeps it, unless it is the courier who says otherwise. */
function mayComeBack({ returning, status }: Shipment, { cause }: Extract<TrackingCommand, { type: "StartReturn" }>): boolean {
  return !returning && (cause !== "failures" || status !== "delivered");
}

function mayBeLost({ lostAt, status, booking }: Shipment): boolean {
  return lostAt === null && status !== "delivered" && booking !== "cancelled";
}
