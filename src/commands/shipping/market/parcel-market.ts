import type { ExpectedDelivery, ShipmentDecided, TrackingStatus } from "../../../events/shipping.js";
import type { Destination, ParcelSize } from "../../../gateways/couriers/courier-port.js";
import type { GuardedCourier } from "../../../gateways/couriers/guarded-courier.js";
import type { NextAttempt } from "../shipment/allocation.rules.js";

/** A parcel that needs a courier. */
export interface ParcelQuestion {
  readonly shipmentId: string;
  readonly orderId: string;
  readonly parcel: ParcelSize;
  /** In the shop's currency; 0 where nothing is collected at the door. */
  readonly cashOnDeliveryMinor: number;
  readonly destination: Destination;
  /** Couriers that are not to be asked for this parcel, and why. */
  readonly asked: ReadonlyMap<string, "in_doubt" | "failed_before">;
  readonly nowMs: number;
}

/** What came of weighing the couriers for one parcel. */
export interface Weighed {
  /** All that `ShipmentDecided` tells but its round, and what is in the parcel. */
  readonly decision: Omit<ShipmentDecided, "type" | "round" | "lines" | "parcelCount" | "packing">;
  /** Why nobody is asked, for `ShipmentDelayed`; empty where somebody is. */
  readonly delayReason: string;
  /** Why no courier of the shop will ever take this parcel, e.g. that it is too heavy for all; null while one might. */
  readonly impossible: string | null;
  /**
   * Who is to be asked now: first the chosen one, then the next of the ranking that still works; a courier once only. Where its parcels of
   * the day are limited, a place is kept for this parcel, and given up by itself when the attempt fails. Null where nobody is left.
   */
  next(nowMs: number): Promise<NextAttempt | null>;
}

/** A parcel as far as its arrival goes. */
export interface Arriving {
  readonly courierId: string;
  /** The courier's word; null for its usual one. */
  readonly service: string | null;
  readonly region: string;
  readonly promisedDays: number | null;
  readonly bookedAtMs: number;
  /** When it was, or is to be, given to the courier. */
  readonly handedOverAtMs: number;
  readonly status: TrackingStatus;
  readonly nowMs: number;
}

/** All couriers of the shop: who may carry a parcel, at what price, judged by what was learnt. */
export interface ParcelMarket {
  readonly couriers: readonly GuardedCourier[];
  /** Undefined for one that the settings no longer name. */
  courier(id: string): GuardedCourier | undefined;
  weigh(question: ParcelQuestion): Promise<Weighed>;
  /** The courier's next pick-up, RFC 3339: what is handed over by then is on its way that day. */
  handOverBy(courierId: string, nowMs: number): string;
  /** Null where it is not expected any more: it has arrived, comes back, or waits for its buyer. */
  expectedDelivery(arriving: Arriving): Promise<ExpectedDelivery | null>;
}
