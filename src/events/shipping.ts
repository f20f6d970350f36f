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
}

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
  /** What this scan was the first to say: the parcel left, or it arrived. */
  readonly milestone: "left" | "delivered" | null;
  readonly reasonCode: string | null;
  /** The courier's code as it came. */
  readonly rawCode: string;
  /** Identity of the scan at the courier, for telling repetitions. */
  readonly scanId: string;
  readonly city: string | null;
  /** RFC 3339, the courier's clock. */
  readonly occurredAt: string;
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
}

export type ShipmentEvent = ShipmentBooked | ShipmentTracked | ShipmentCancelled | ShipmentImpossible;
