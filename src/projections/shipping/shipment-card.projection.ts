import type { ExpectedDelivery, ParcelLine, ShipmentEvent, ShipmentReturnStarted, ShipmentTracked, TrackingStatus } from "../../events/shipping.js";
import type { RecordedEvent } from "../../kernel/event.js";
import { defineProjection, type Rows } from "../../kernel/projection.js";

/** Scans kept of one parcel, the newest by the courier's clock; a broken scanner must not grow a row without end. */
export const scansMax = 200;

/** One scan, by the courier's own clock. */
export interface TrackingScan {
  readonly scanId: string;
  readonly status: TrackingStatus;
  readonly reasonCode: string | null;
  readonly rawCode: string;
  readonly city: string | null;
  readonly occurredAt: string;
}

/** One parcel. Courier and tracking code are null where no courier could take it on. */
export interface ShipmentCardRow {
  readonly shipmentId: string;
  readonly orderId: string;
  readonly courierId: string | null;
  readonly trackingCode: string | null;
  /** The courier's word; null for its usual one. */
  readonly service: string | null;
  /** What it costs the shop, in its currency; null where the courier does not say. */
  readonly priceMinor: number | null;
  readonly status: TrackingStatus;
  /** Why it was called off, or why no courier could take it on. */
  readonly reason: string | null;
  readonly lines: readonly ParcelLine[];
  readonly weightGrams: number;
  readonly history: readonly TrackingScan[];
  /** Null where nobody knows, and once it has arrived or comes back. */
  readonly expectedDelivery: ExpectedDelivery | null;
  /** When the courier picks it up at the latest. */
  readonly handOverBy: string | null;
  /** As we said; null where nobody did. */
  readonly handedOverAt: string | null;
  /** Its hand-over, as we said or as it was to be at the latest, as long as no scan has shown it in the courier's hands; null then, and where it is not to go. */
  readonly unscannedSince: string | null;
  /** Whether the label's file can be fetched from us. */
  readonly labelKept: boolean;
  readonly lostAt: string | null;
  readonly returnCause: ShipmentReturnStarted["cause"] | null;
  readonly bookedAt: string;
  readonly updatedAt: string;
  readonly version: number;
}

/** One row a parcel. */
export const shipmentCard = defineProjection<ShipmentEvent, ShipmentCardRow>({
  name: "shipment_card",
  version: 4,
  categories: ["shipment"],
  key: "shipmentId",
  touches: ({ shipmentId }) => [shipmentId],
  on: {
    ShipmentBooked: (event, rows, { version, recordedAt }) => {
      const { shipmentId, orderId, courierId, trackingCode, service, priceMinor, lines, weightGrams, expectedDelivery, handOverBy } = event;
      rows.put({
        ...nothingYet, shipmentId, orderId, courierId, trackingCode, service, priceMinor, status: "pre_transit", reason: null, lines, weightGrams, expectedDelivery,
        handOverBy, unscannedSince: handOverBy, bookedAt: recordedAt, updatedAt: recordedAt, version,
      });
    },
    ShipmentTracked: (event, rows, recorded) => change(event, rows, recorded, ({ history, expectedDelivery, unscannedSince }) => ({
      status: event.currentStatus, history: withScan(history, event), lostAt: null,
      expectedDelivery: isExpected(event.currentStatus) && event.expectedDelivery !== null ? event.expectedDelivery ?? expectedDelivery : null,
      unscannedSince: hasLeft(event) ? null : unscannedSince,
    })),
    ShipmentLabelKept: (event, rows, recorded) => change(event, rows, recorded, () => ({ labelKept: true })),
    ShipmentHandedOver: (event, rows, recorded) => change(event, rows, recorded, ({ unscannedSince }) => ({
      handedOverAt: event.handedOverAt, unscannedSince: unscannedSince === null ? null : event.handedOverAt,
    })),
    ShipmentLost: (event, rows, recorded) => change(event, rows, recorded, () => ({ lostAt: event.lostAt, expectedDelivery: null })),
    ShipmentReturnStarted: (event, rows, recorded) => change(event, rows, recorded, () => ({ returnCause: event.cause, expectedDelivery: null })),
    ShipmentCancelled: (event, rows, recorded) => change(event, rows, recorded, () => ({
      status: "cancelled", reason: event.reason, expectedDelivery: null, unscannedSince: null,
    })),
    // It stands alone on its stream, unless a courier gave a booking back.
    ShipmentImpossible: ({ shipmentId, orderId, reason }, rows, { version, recordedAt }) => rows.put({
      ...nothingYet, shipmentId, orderId, courierId: null, trackingCode: null, service: null, priceMinor: null, lines: [], weightGrams: 0, expectedDelivery: null,
      handOverBy: null, unscannedSince: null, bookedAt: recordedAt, ...rows.get(shipmentId), status: "error", reason, updatedAt: recordedAt, version,
    }),
    ShipmentDecided: "ignored",
    ShipmentAttempted: "ignored",
    ShipmentAttemptFailed: "ignored",
    ShipmentAttemptSettled: "ignored",
    ShipmentSurplusFound: "ignored",
    ShipmentDelayed: "ignored",
    ShipmentVoidRequested: "ignored",
    ShipmentVoidRefused: "ignored",
  },
  push: ({ orderId }) => [`tracking:${orderId}`],
});

const nothingYet = { history: [], handedOverAt: null, labelKept: false, lostAt: null, returnCause: null } as const;

function isExpected(status: TrackingStatus): boolean {
  return status !== "delivered" && status !== "return_to_sender" && status !== "cancelled";
}

/** Whatever says more than that there is a label shows the parcel in the courier's hands. */
function hasLeft({ milestone, currentStatus }: ShipmentTracked): boolean {
  return milestone !== null || (currentStatus !== "pre_transit" && currentStatus !== "unknown" && currentStatus !== "error" && currentStatus !== "cancelled");
}

function change(
  { type, shipmentId }: ShipmentEvent, rows: Rows<ShipmentCardRow>, { version, recordedAt }: RecordedEvent,
  changes: (row: ShipmentCardRow) => Partial<ShipmentCardRow>,
): void {
  const known = rows.change(shipmentId, (row) => ({ ...row, ...changes(row), version, updatedAt: recordedAt }));
  if (!known) throw new Error(`${type} of ${shipmentId} stands before ShipmentBooked`);
}

/** Couriers repeat themselves and send late news: one entry a scan, in the order in which it happened. */
function withScan(history: readonly TrackingScan[], event: ShipmentTracked): readonly TrackingScan[] {
  if (history.some(({ scanId }) => scanId === event.scanId)) return history;
  const { scanId, status, reasonCode, rawCode, city, occurredAt } = event;
  return [...history, { scanId, status, reasonCode, rawCode, city, occurredAt }]
    .sort((one, other) => Date.parse(one.occurredAt) - Date.parse(other.occurredAt) || compare(one.scanId, other.scanId))
    .slice(-scansMax);
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
