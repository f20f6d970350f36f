import type { ParcelLine, ShipmentEvent, ShipmentTracked, TrackingStatus } from "../../events/shipping.js";
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
  readonly status: TrackingStatus;
  /** Why it was called off, or why no courier could take it on. */
  readonly reason: string | null;
  readonly lines: readonly ParcelLine[];
  readonly weightGrams: number;
  readonly history: readonly TrackingScan[];
  readonly bookedAt: string;
  readonly updatedAt: string;
  readonly version: number;
}

/** One row a parcel. */
export const shipmentCard = defineProjection<ShipmentEvent, ShipmentCardRow>({
  name: "shipment_card",
  version: 2,
  categories: ["shipment"],
  key: "shipmentId",
  touches: ({ shipmentId }) => [shipmentId],
  on: {
    ShipmentBooked: ({ shipmentId, orderId, courierId, trackingCode, lines, weightGrams }, rows, { version, recordedAt }) => rows.put({
      shipmentId, orderId, courierId, trackingCode, status: "pre_transit", reason: null, lines, weightGrams, history: [],
      bookedAt: recordedAt, updatedAt: recordedAt, version,
    }),
    ShipmentTracked: (event, rows, recorded) => change(event, rows, recorded, ({ history }) => ({
      status: event.currentStatus, history: withScan(history, event),
    })),
    ShipmentCancelled: (event, rows, recorded) => change(event, rows, recorded, () => ({ status: "cancelled", reason: event.reason })),
    // It stands alone on its stream, unless a courier gave a booking back.
    ShipmentImpossible: ({ shipmentId, orderId, reason }, rows, { version, recordedAt }) => rows.put({
      shipmentId, orderId, courierId: null, trackingCode: null, lines: [], weightGrams: 0, history: [], bookedAt: recordedAt,
      ...rows.get(shipmentId), status: "error", reason, updatedAt: recordedAt, version,
    }),
    ShipmentDecided: "ignored",
    ShipmentAttempted: "ignored",
    ShipmentAttemptFailed: "ignored",
    ShipmentAttemptSettled: "ignored",
    ShipmentSurplusFound: "ignored",
    ShipmentDelayed: "ignored",
    ShipmentLabelKept: "ignored",
    ShipmentHandedOver: "ignored",
    ShipmentLost: "ignored",
    ShipmentReturnStarted: "ignored",
    ShipmentVoidRequested: "ignored",
    ShipmentVoidRefused: "ignored",
  },
  push: ({ orderId }) => [`tracking:${orderId}`],
});

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
