import type { ParcelLine, ShipmentDecided, ShipmentEvent, ShipmentTracked, TrackingStatus } from "../../../events/shipping.js";

/** One try to give the parcel to a courier. */
export interface Attempt {
  readonly attempt: number;
  readonly courierId: string;
  readonly service: string | null;
  readonly rateReference: string | null;
  readonly priceMinor: number | null;
  readonly region: string;
  readonly promisedDays: number | null;
  readonly attemptedAt: string;
  /**
   * `open`: it was begun, and its answer is not written. `in_doubt`: it was given up, and may have made a label. `failed` and `none`: no label.
   * `surplus`: a label too many, to be called off. `booked`: the parcel's own.
   */
  readonly state: "open" | "in_doubt" | "failed" | "none" | "booked" | "surplus" | "voided" | "left";
  /** The courier will never take this parcel, as far as was known when it was last looked for one. */
  readonly forGood: boolean;
  /** The courier's id of what it booked, once that is known. */
  readonly bookingReference: string | null;
}

/** What is sent: fixed by the first decision, whatever the shop's limits become. */
export interface ParcelContent {
  readonly lines: readonly ParcelLine[];
  readonly weightGrams: number;
  readonly cashOnDeliveryMinor: number;
  readonly parcelCount: number;
  /** Absent for the first. */
  readonly packing?: number;
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
  /** Null before the first decision. */
  readonly content: ParcelContent | null;
  /** Decisions so far. */
  readonly rounds: number;
  readonly attempts: readonly Attempt[];
  /** Whether it is told already that it waits for a courier. */
  readonly delayed: boolean;
  /** Whether its buyer was told so already, since it is sought. */
  readonly delayTold: boolean;
  /** The event that wanted it sent when it was found impossible: the same one finds nothing else. Null where nobody did, or nobody noted it. */
  readonly impossibleFor: string | null;
  readonly labelKept: boolean;
  readonly status: TrackingStatus;
  /** When the scan says so that it stands by; null where none did, or its clock was ahead. */
  readonly statusAt: string | null;
  /** Ids of scans, and what each of them says. */
  readonly scans: ReadonlySet<string>;
  readonly left: boolean;
  /** When the first scan that it had left says so; null where its clock was ahead. */
  readonly leftAt: string | null;
  readonly failures: number;
  readonly returning: boolean;
  /** The courier has brought it back: nothing more is to be heard of it. */
  readonly isBack: boolean;
  readonly lostAt: string | null;
  /** It is to be called off, and the courier has not answered yet. */
  readonly voiding: boolean;
  /** Somebody wanted it called off, whatever came of that: should it leave, it is to come back. */
  readonly unwanted: boolean;
}

export const noShipment: Shipment = {
  booking: "absent", shipmentId: "", orderId: "", courierId: "", bookingReference: "", trackingCode: "", service: null, region: "", promisedDays: null,
  bookedAt: "", handOverBy: "", handedOverAt: null, content: null, rounds: 0, attempts: [], delayed: false, delayTold: false, impossibleFor: null, labelKept: false, status: "unknown", statusAt: null, scans: new Set(),
  left: false, leftAt: null, failures: 0, returning: false, isBack: false, lostAt: null, voiding: false, unwanted: false,
};

/** Statuses that only a parcel has which the courier holds, or has held. */
export const leftStatuses: ReadonlySet<TrackingStatus> = new Set([
  "in_transit", "out_for_delivery", "delivered", "available_for_pickup", "failure", "return_to_sender",
]);

export function evolveShipment(shipment: Shipment, event: ShipmentEvent): Shipment {
  const { shipmentId, orderId } = event;
  switch (event.type) {
    case "ShipmentDecided": return { ...shipment, shipmentId, orderId, rounds: event.round, content: shipment.content ?? parcelContent(event) };
    case "ShipmentAttempted": {
      const { attempt, courierId, service, rateReference, priceMinor, region, promisedDays, attemptedAt } = event;
      const asked = { attempt, courierId, service, rateReference, priceMinor, region, promisedDays, attemptedAt };
      const begun: Attempt = { ...asked, state: "open", forGood: false, bookingReference: null };
      return { ...shipment, ...soughtAgain(shipment), shipmentId, orderId, delayed: false, attempts: [...shipment.attempts, begun] };
    }
    case "ShipmentAttemptFailed": {
      return withAttempt(shipment, event.attempt, { state: event.inDoubt ? "in_doubt" : "failed", forGood: event.forGood ?? false });
    }
    case "ShipmentAttemptSettled": return withAttempt(shipment, event.attempt, { state: event.outcome });
    case "ShipmentSurplusFound": return withAttempt(shipment, event.attempt, { state: "surplus", bookingReference: event.bookingReference });
    case "ShipmentDelayed": return { ...shipment, ...soughtAgain(shipment), delayed: true, delayTold: true };
    case "ShipmentBooked": {
      const { courierId, bookingReference, trackingCode, service, region, promisedDays, bookedAt, handOverBy, attempt } = event;
      const booked = { ...shipment, shipmentId, orderId, courierId, bookingReference, trackingCode, service, region, promisedDays, bookedAt, handOverBy };
      return withAttempt({ ...booked, booking: "booked", status: "pre_transit" }, attempt, { state: "booked", bookingReference });
    }
    case "ShipmentLabelKept": return { ...shipment, labelKept: true };
    case "ShipmentHandedOver": return { ...shipment, handedOverAt: event.handedOverAt };
    case "ShipmentTracked": {
      const leaves = !shipment.left && leftStatuses.has(event.status);
      const seenAt = event.ahead ? null : event.occurredAt;
      return {
        ...shipment, status: event.currentStatus, scans: new Set(shipment.scans).add(event.scanId).add(contentOf(event)), lostAt: null,
        statusAt: statusAtAfter(shipment, event),
        left: shipment.left || leaves, leftAt: leaves ? seenAt : shipment.leftAt, failures: event.failures ?? shipment.failures,
        isBack: shipment.isBack || (event.status === "return_to_sender" && event.reasonCode === "returned"),
      };
    }
    case "ShipmentLost": return { ...shipment, lostAt: event.lostAt };
    case "ShipmentReturnStarted": return { ...shipment, returning: true };
    case "ShipmentVoidRequested": return { ...shipment, voiding: true, unwanted: true };
    case "ShipmentVoidRefused": return { ...shipment, voiding: false };
    case "ShipmentCancelled":
      return { ...shipment, booking: "cancelled", voiding: false, unwanted: true, ...(shipment.left ? {} : { status: "cancelled", statusAt: null }) };
    case "ShipmentImpossible": {
      const attempts = shipment.attempts.map((one) => ({ ...one, forGood: false }));
      return { ...shipment, booking: "impossible", impossibleFor: event.wantedBy ?? null, delayed: false, delayTold: false, attempts };
    }
  }
}

/** Somebody has let the order go on. */
function soughtAgain({ booking }: Shipment): Pick<Shipment, "booking"> {
  return { booking: booking === "impossible" ? "absent" : booking };
}

/** When the scan says so that a parcel stands by; null where its clock was ahead. Times are of one form, so that texts compare as they do. */
export function statusAtAfter({ status: before, statusAt }: Pick<Shipment, "status" | "statusAt">, { status, currentStatus, occurredAt, ahead }: ShipmentTracked): string | null {
  if (status !== currentStatus) return statusAt;
  if (ahead) return status === before ? statusAt : null;
  return status === before && statusAt !== null && statusAt > occurredAt ? statusAt : occurredAt;
}

/** What a scan says, whatever its id: some couriers give a new one at every repetition. */
export function contentOf({ rawCode, occurredAt, city }: Pick<ShipmentTracked, "rawCode" | "occurredAt" | "city">): string {
  return JSON.stringify([rawCode, occurredAt, city]);
}

function parcelContent({ lines, weightGrams, cashOnDeliveryMinor, parcelCount, packing }: ShipmentDecided): ParcelContent {
  return { lines, weightGrams, cashOnDeliveryMinor, parcelCount, ...(packing === undefined ? {} : { packing }) };
}

function withAttempt(shipment: Shipment, attempt: number, change: Pick<Attempt, "state"> & Partial<Attempt>): Shipment {
  return { ...shipment, attempts: shipment.attempts.map((one) => (one.attempt === attempt ? { ...one, ...change } : one)) };
}
