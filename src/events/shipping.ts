import type { Considered, Deadline, Weights } from "./courier-decisions.js";

/** EasyPost's ten words for where a parcel is. */
export const trackingStatuses = [
  "unknown", "pre_transit", "in_transit", "out_for_delivery", "delivered",
  "available_for_pickup", "return_to_sender", "failure", "cancelled", "error",
] as const;
export type TrackingStatus = (typeof trackingStatuses)[number];

export interface ParcelLine {
  readonly sku: string;
  readonly quantity: number;
}

/** When a parcel is expected, from what its lane usually takes. RFC 3339. One in ten comes before `earliest`, one in ten after `latest`. */
export interface ExpectedDelivery {
  readonly earliest: string;
  readonly likely: string;
  readonly latest: string;
}

/** Couriers were weighed for a parcel; the reasons stay readable for ever. */
export interface ShipmentDecided {
  readonly type: "ShipmentDecided";
  readonly shipmentId: string;
  readonly orderId: string;
  /** 1 for the first; a parcel that waited or whose couriers all failed is decided again. */
  readonly round: number;
  readonly lines: readonly ParcelLine[];
  /** How many parcels the order has in all. */
  readonly parcelCount: number;
  /** Which packing of the order it belongs to; absent for the first. */
  readonly packing?: number;
  readonly weightGrams: number;
  readonly cashOnDeliveryMinor: number;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** Country and the beginning of the postal code, e.g. `DE-1`. */
  readonly region: string;
  readonly currency: string;
  readonly deadline: Deadline | null;
  readonly policy: string;
  readonly weights: Weights;
  /** Chance came from it; null where none was in it. */
  readonly seed: number | null;
  /** Null where nobody was left: the parcel waits. */
  readonly chosen: { readonly courierId: string; readonly service: string } | null;
  /** Whether the chosen one was taken to learn. */
  readonly explored: boolean;
  /** By rank, those that are out last. */
  readonly candidates: readonly Considered[];
  /** Couriers that named no price in time. */
  readonly unanswered: readonly string[];
}

/** A courier is about to be asked to take the parcel: written before the call, so that no call is unknown after a crash. */
export interface ShipmentAttempted {
  readonly type: "ShipmentAttempted";
  readonly shipmentId: string;
  readonly orderId: string;
  /** 1 for the first. Its key at the courier is `book:<shipment>:<attempt>`. */
  readonly attempt: number;
  readonly courierId: string;
  /** The courier's word; null for its usual one. */
  readonly service: string | null;
  readonly rateReference: string | null;
  readonly priceMinor: number | null;
  readonly promisedDays: number | null;
  readonly region: string;
  /** When it was sent. RFC 3339. */
  readonly attemptedAt: string;
}

/** An attempt came to nothing, or nobody knows what it came to. */
export interface ShipmentAttemptFailed {
  readonly type: "ShipmentAttemptFailed";
  readonly shipmentId: string;
  readonly orderId: string;
  readonly attempt: number;
  readonly courierId: string;
  readonly service: string | null;
  readonly region: string;
  /** Short and stable, e.g. `timeout`, `unavailable`, `rejected`, `held_back`. */
  readonly code: string;
  readonly message: string;
  /** It may have made a label: it is asked after, and what it made is called off. */
  readonly inDoubt: boolean;
  /** This courier will never take this parcel. */
  readonly forGood?: true;
}

/** What became of an attempt that was in doubt, or of a label too many. */
export interface ShipmentAttemptSettled {
  readonly type: "ShipmentAttemptSettled";
  readonly shipmentId: string;
  readonly orderId: string;
  readonly attempt: number;
  readonly courierId: string;
  /** `none`: it made no label. `voided`: it did, and that was called off. `left`: it did, and the parcel has left with it; a person has to see to it. */
  readonly outcome: "none" | "voided" | "left";
}

/** A label was made for a parcel that has another: it is called off. */
export interface ShipmentSurplusFound {
  readonly type: "ShipmentSurplusFound";
  readonly shipmentId: string;
  readonly orderId: string;
  readonly attempt: number;
  readonly courierId: string;
  readonly bookingReference: string;
}

/** No courier can be asked now; it goes on by itself when one is back. */
export interface ShipmentDelayed {
  readonly type: "ShipmentDelayed";
  readonly shipmentId: string;
  readonly orderId: string;
  readonly round: number;
  readonly reason: string;
  /** It waited before, and somebody who was tried meanwhile did not take it either: the buyer knows. */
  readonly again?: true;
}

/** A courier took the parcel on: there is a label and a tracking code. */
export interface ShipmentBooked {
  readonly type: "ShipmentBooked";
  readonly shipmentId: string;
  readonly orderId: string;
  readonly courierId: string;
  /** The courier's own id of the booking. */
  readonly bookingReference: string;
  readonly trackingCode: string;
  readonly lines: readonly ParcelLine[];
  readonly weightGrams: number;
  /** How many parcels the order has in all. */
  readonly parcelCount: number;
  /** Which packing of the order it belongs to; absent for the first. Parcels of a former packing are called off. */
  readonly packing?: number;
  /** Which attempt it was. */
  readonly attempt: number;
  readonly service: string | null;
  readonly region: string;
  /** What it costs the shop; null where the courier does not say. */
  readonly priceMinor: number | null;
  readonly promisedDays: number | null;
  readonly bookedAt: string;
  /** When it is to be handed over at the latest for the promise to hold: the courier's next pick-up. */
  readonly handOverBy: string;
  readonly expectedDelivery: ExpectedDelivery | null;
  /** Where the courier keeps the label; absent where it gives none, or only on asking. */
  readonly labelUrl?: string;
}

/** The label's file is kept, and can be fetched from us. */
export interface ShipmentLabelKept {
  readonly type: "ShipmentLabelKept";
  readonly shipmentId: string;
  readonly orderId: string;
  readonly contentType: string;
  readonly sizeBytes: number;
}

/** The parcel was given to the courier, as we say. */
export interface ShipmentHandedOver {
  readonly type: "ShipmentHandedOver";
  readonly shipmentId: string;
  readonly orderId: string;
  readonly courierId: string;
  readonly handedOverAt: string;
}

/**
 * What a scan was the first to say: the parcel left, arrived, could not be given to its buyer (each time anew), is on its way back.
 */
export type Milestone = "left" | "delivered" | "failure" | "returning";

/** News of a parcel, by the courier's own clock. */
export interface ShipmentTracked {
  readonly type: "ShipmentTracked";
  readonly shipmentId: string;
  readonly orderId: string;
  readonly courierId: string;
  readonly trackingCode: string;
  /** The scan's own status. */
  readonly status: TrackingStatus;
  /** Where the parcel stands after this news; late news does not move it backward. */
  readonly currentStatus: TrackingStatus;
  readonly milestone: Milestone | null;
  readonly reasonCode: string | null;
  /** The courier's code as it came. */
  readonly rawCode: string;
  /** Identity of the scan at the courier, for telling repetitions. */
  readonly scanId: string;
  readonly city: string | null;
  /** RFC 3339, the courier's clock. */
  readonly occurredAt: string;
  /** When it is expected after this news; absent where nothing changed, null where it is no longer expected. */
  readonly expectedDelivery?: ExpectedDelivery | null;
  /** Deliveries that failed so far, this one among them; with the milestone `failure`. */
  readonly failures?: number;
  /** It had been declared lost then. */
  readonly lostAt?: string;
  /** The courier's clock told a time that was still to come when the news did: nothing is judged by it. */
  readonly ahead?: true;
}

/** Nobody has said anything of the parcel for so long that it is taken for lost. */
export interface ShipmentLost {
  readonly type: "ShipmentLost";
  readonly shipmentId: string;
  readonly orderId: string;
  readonly courierId: string;
  readonly lastNewsAt: string;
  readonly lostAt: string;
}

/** A parcel is to come back: the courier says so, it left after it was called off, or delivering it failed too often. */
export interface ShipmentReturnStarted {
  readonly type: "ShipmentReturnStarted";
  readonly shipmentId: string;
  readonly orderId: string;
  readonly courierId: string;
  readonly cause: "courier" | "left_after_cancellation" | "failures";
}

/** The booking is to be called off at the courier. */
export interface ShipmentVoidRequested {
  readonly type: "ShipmentVoidRequested";
  readonly shipmentId: string;
  readonly orderId: string;
  readonly courierId: string;
  readonly reason: string;
}

/** The courier did not call the booking off: the parcel has left, or it may not be called off. */
export interface ShipmentVoidRefused {
  readonly type: "ShipmentVoidRefused";
  readonly shipmentId: string;
  readonly orderId: string;
  readonly courierId: string;
  readonly code: string;
}

/** The booking was called off at the courier before the parcel left. */
export interface ShipmentCancelled {
  readonly type: "ShipmentCancelled";
  readonly shipmentId: string;
  readonly orderId: string;
  readonly reason: string;
}

/** No courier can take the parcel on, for a reason that repeating does not mend. */
export interface ShipmentImpossible {
  readonly type: "ShipmentImpossible";
  readonly shipmentId: string;
  readonly orderId: string;
  readonly reason: string;
  /** Which packing of the order it belongs to; absent for the first. */
  readonly packing?: number;
  /** The event that wanted it sent; absent in what older versions wrote. */
  readonly wantedBy?: string;
}

/** What is said of a parcel before it has a label. */
export type AllocationEvent =
  | ShipmentDecided | ShipmentAttempted | ShipmentAttemptFailed | ShipmentAttemptSettled | ShipmentSurplusFound | ShipmentDelayed;

export type ShipmentEvent =
  | AllocationEvent | ShipmentBooked | ShipmentImpossible
  | ShipmentLabelKept | ShipmentHandedOver | ShipmentTracked | ShipmentLost | ShipmentReturnStarted
  | ShipmentVoidRequested | ShipmentVoidRefused | ShipmentCancelled;
