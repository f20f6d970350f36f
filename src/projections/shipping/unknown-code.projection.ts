import type { ShipmentEvent } from "../../events/shipping.js";
import { defineProjection } from "../../kernel/projection.js";

/** A courier's word that nobody has given a meaning. */
export interface UnknownCodeRow {
  /** `<courier>/<code>`. */
  readonly code: string;
  readonly courierId: string;
  readonly rawCode: string;
  readonly times: number;
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  /** A parcel of which it was said, the latest. */
  readonly shipmentId: string;
  readonly orderId: string;
}

/** One row a courier and code. */
export const unknownCode = defineProjection<ShipmentEvent, UnknownCodeRow>({
  name: "unknown_code",
  version: 1,
  categories: ["shipment"],
  key: "code",
  haltOnError: true,
  touches: (event) => (event.type === "ShipmentTracked" && event.status === "unknown" ? [keyOf(event)] : []),
  on: {
    ShipmentTracked: (event, rows, { recordedAt }) => {
      if (event.status !== "unknown") return;
      const { courierId, rawCode, shipmentId, orderId } = event;
      const code = keyOf(event);
      const first = { code, courierId, rawCode, shipmentId, orderId, times: 1, firstSeenAt: recordedAt, lastSeenAt: recordedAt };
      // Parcels' streams reach a node in no order of their own.
      const known = rows.get(code) ?? { ...first, times: 0 };
      const [earlier, later] = known.lastSeenAt > recordedAt ? [first, known] : [known, first];
      rows.put({ ...later, times: known.times + 1, firstSeenAt: known.firstSeenAt < earlier.firstSeenAt ? known.firstSeenAt : earlier.firstSeenAt });
    },
    ShipmentDecided: "ignored",
    ShipmentAttempted: "ignored",
    ShipmentAttemptFailed: "ignored",
    ShipmentAttemptSettled: "ignored",
    ShipmentSurplusFound: "ignored",
    ShipmentDelayed: "ignored",
    ShipmentBooked: "ignored",
    ShipmentImpossible: "ignored",
    ShipmentLabelKept: "ignored",
    ShipmentHandedOver: "ignored",
    ShipmentLost: "ignored",
    ShipmentReturnStarted: "ignored",
    ShipmentVoidRequested: "ignored",
    ShipmentVoidRefused: "ignored",
    ShipmentCancelled: "ignored",
  },
});

function keyOf({ courierId, rawCode }: { readonly courierId: string; readonly rawCode: string }): string {
  return `${courierId}/${rawCode}`;
}
