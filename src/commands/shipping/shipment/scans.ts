import type { ExpectedDelivery, Milestone, ShipmentReturnStarted, ShipmentTracked, TrackingStatus } from "../../../events/shipping.js";
import { contentOf, leftStatuses, statusAtAfter, type Shipment } from "./shipment-state.js";

/** A sighting as the courier reported it. */
export interface Scan {
  readonly scanId: string;
  readonly rawCode: string;
  readonly status: TrackingStatus;
  readonly reasonCode: string | null;
  readonly city: string | null;
  /** RFC 3339 UTC to the millisecond, so that texts compare as times do. */
  readonly occurredAt: string;
}

export interface RecordScans {
  readonly type: "RecordScans";
  readonly scans: readonly Scan[];
  /** Who dates a scan later than this has a clock that is wrong; in the form of `occurredAt`. Absent where nobody looks at it. */
  readonly aheadAfter?: string;
  /** When it is expected after these scans. */
  readonly expectedDelivery?: ExpectedDelivery | null;
}

/** How far a status is on its way; news of an earlier stage is history and moves nothing back. */
const stage: Readonly<Record<TrackingStatus, number>> = {
  unknown: 0, pre_transit: 1, error: 1, in_transit: 2, failure: 3, out_for_delivery: 3, available_for_pickup: 3,
  cancelled: 3, delivered: 4, return_to_sender: 5,
};

type Standing = Pick<Shipment, "status" | "statusAt" | "left" | "returning" | "failures" | "lostAt">;

/** What scans say that nobody has said before, in the order of the courier's clock; scans of one moment in the order of the report. */
export function newScans(shipment: Shipment, command: RecordScans): readonly (ShipmentTracked | ShipmentReturnStarted)[] {
  const known = new Set(shipment.scans);
  let standing: Standing = shipment;
  return command.scans.toSorted((one, other) => compare(one.occurredAt, other.occurredAt)).flatMap((scan) => {
    const content = contentOf(scan);
    if (known.has(scan.scanId) || known.has(content)) return [];
    known.add(scan.scanId).add(content);
    const tracked = track(shipment, standing, scan, command);
    const starts = returnStarted(shipment, standing, tracked);
    standing = standingAfter(standing, tracked, starts);
    return starts ? [tracked, starts] : [tracked];
  });
}

function track({ shipmentId, orderId, courierId, trackingCode }: Shipment, standing: Standing, scan: Scan, command: RecordScans): ShipmentTracked {
  const { scanId, rawCode, status, reasonCode, city, occurredAt } = scan;
  const ahead = command.aheadAfter !== undefined && occurredAt > command.aheadAfter;
  const currentStatus = moves(standing, scan, ahead) ? status : standing.status;
  const milestone = milestoneOf(standing, status);
  return {
    type: "ShipmentTracked", shipmentId, orderId, courierId, trackingCode, status, currentStatus, milestone,
    reasonCode, rawCode, scanId, city, occurredAt,
    ...(ahead ? { ahead } : {}),
    ...(milestone === "failure" ? { failures: standing.failures + 1 } : {}),
    ...(standing.lostAt === null ? {} : { lostAt: standing.lostAt }),
    ...(command.expectedDelivery === undefined ? {} : { expectedDelivery: isOver(currentStatus) ? null : command.expectedDelivery }),
  };
}

/** Of two statuses that are equally far on the way the later one counts; a wrong clock decides nothing. */
function moves({ status: before, statusAt }: Standing, { status, occurredAt }: Scan, ahead: boolean): boolean {
  // What was called off stands nowhere on the way: a parcel that travels all the same is where it was seen after that.
  const mayTravel = before === "cancelled" && leftStatuses.has(status);
  if (stage[status] > stage[before]) return true;
  if (stage[status] < stage[before] && !mayTravel) return false;
  return ahead || statusAt === null || occurredAt >= statusAt;
}

/** The furthest that a scan says; that it has left is implied by all the others. */
function milestoneOf({ status: before, left }: Standing, status: TrackingStatus): Milestone | null {
  if (stage[status] >= stage[before]) {
    if (status === "delivered" && before !== "delivered") return "delivered";
    if (status === "return_to_sender" && before !== "return_to_sender") return "returning";
    if (status === "failure") return "failure";
  }
  return leftStatuses.has(status) && !left ? "left" : null;
}

function returnStarted({ shipmentId, orderId, courierId, unwanted }: Shipment, { left, returning }: Standing, { status, milestone }: ShipmentTracked): ShipmentReturnStarted | null {
  if (returning) return null;
  const started = (cause: ShipmentReturnStarted["cause"]): ShipmentReturnStarted => ({ type: "ShipmentReturnStarted", shipmentId, orderId, courierId, cause });
  if (milestone === "returning") return started("courier");
  return unwanted && !left && leftStatuses.has(status) ? started("left_after_cancellation") : null;
}

function standingAfter(standing: Standing, tracked: ShipmentTracked, starts: ShipmentReturnStarted | null): Standing {
  return {
    status: tracked.currentStatus, statusAt: statusAtAfter(standing, tracked), left: standing.left || leftStatuses.has(tracked.status),
    returning: standing.returning || starts !== null, failures: tracked.failures ?? standing.failures, lostAt: null,
  };
}

function isOver(status: TrackingStatus): boolean {
  return status === "delivered" || status === "return_to_sender" || status === "cancelled";
}

function compare(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}
