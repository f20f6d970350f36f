import type { ExpectedDelivery, ShipmentEvent, ShipmentTracked } from "../../../events/shipping.js";
import { defineCommand } from "../../../kernel/command.js";
import type { Scan } from "../shipment/scans.js";
import type { Shipment } from "../shipment/shipment-state.js";
import { shipmentStream } from "../shipment/shipment.decider.js";
import { parcelWatchState, type ParcelWatch } from "./parcel-watch.write-state.js";

interface RecordNewsInput {
  readonly orderId: string;
  readonly shipmentId: string;
  readonly scans: readonly Scan[];
  /** See `RecordScans`. */
  readonly aheadAfter: string;
  readonly expectedDelivery?: ExpectedDelivery | null;
  /** When the courier is asked if nothing more is heard. RFC 3339. */
  readonly lookAt: string;
}

export type NewsAnswer = {
  /** Scans that were new. */
  readonly heard: number;
  /** When the news before came, RFC 3339 UTC; null where this is the first. */
  readonly before: string | null;
  readonly now: string;
};

/** What a courier told of a parcel, and until when it may now be silent. */
export const recordNews = defineCommand<RecordNewsInput, NewsAnswer>({
  name: "recordNews",
  correlationId: ({ orderId }) => orderId,
  needs: ({ shipmentId }) => ({ streams: [{ type: shipmentStream, id: shipmentId }], rows: [{ state: parcelWatchState, keys: [shipmentId] }] }),
  decide({ shipmentId, scans, aheadAfter, expectedDelivery, lookAt }, unit) {
    const said = unit.execute(shipmentStream, shipmentId, { type: "RecordScans", scans, aheadAfter, ...(expectedDelivery === undefined ? {} : { expectedDelivery }) });
    const tracked = said.filter(isTracked);
    const watch = unit.row(parcelWatchState, shipmentId);
    const answer = { heard: tracked.length, before: watch?.lastNewsAt ?? null, now: unit.now };
    if (tracked.length === 0) return answer;
    const shipment = unit.state(shipmentStream, shipmentId);
    const row = { ...watched(shipment), lastNewsAt: unit.now, lookAt };
    if (isAwaited(shipment)) unit.put(parcelWatchState, row);
    else unit.remove(parcelWatchState, row);
    return answer;
  },
});

function isTracked(event: ShipmentEvent): event is ShipmentTracked {
  return event.type === "ShipmentTracked";
}

/** Whether more is to be heard of a parcel. */
export function isAwaited({ booking, status, left, isBack }: Shipment): boolean {
  return status !== "delivered" && !isBack && (booking === "booked" || (booking === "cancelled" && left));
}

/** The row of a parcel that was just booked. */
export function watched({ shipmentId, orderId, courierId, trackingCode, region, handOverBy: pickUpBy, handedOverAt, left }: Shipment): ParcelWatch {
  const handOverBy = handedOverAt ?? pickUpBy;
  return { shipmentId, orderId, courierId, trackingCode, region, handOverBy, seen: left, lastNewsAt: null, lookAt: handOverBy, polls: 0 };
}
