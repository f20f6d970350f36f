import type { ShipmentAttempted, ShipmentEvent } from "../../../events/shipping.js";
import { defineCommand } from "../../../kernel/command.js";
import { parcelWatchState } from "../tracking/parcel-watch.write-state.js";
import { watched } from "../tracking/record-news.js";
import { shipmentStream, type ShipmentCommand } from "./shipment.decider.js";
import { trackingCodeState, trackingKey } from "./tracking-code.write-state.js";

/** How a parcel stands after a step. */
export type ShipmentAnswer = {
  readonly booking: "absent" | "booked" | "cancelled" | "impossible";
  /** The attempt that this very step began; null where it began none: whoever finds another one under way leaves it alone. */
  readonly begun: number | null;
  /** Whether the parcel waits for a courier since this step. */
  readonly delayed: boolean;
};

type RecordBookingInput = Omit<Extract<ShipmentCommand, { type: "RecordBooking" }>, "type">;

interface MoveShipmentInput {
  readonly orderId: string;
  readonly shipmentId: string;
  readonly step: Exclude<ShipmentCommand, { type: "RecordBooking" }>;
}

/** A courier took a parcel on. */
export const recordBooking = defineCommand<RecordBookingInput, ShipmentAnswer>({
  name: "recordBooking",
  correlationId: ({ orderId }) => orderId,
  needs: ({ shipmentId }) => ({ streams: [{ type: shipmentStream, id: shipmentId }] }),
  decide(input, unit) {
    const { shipmentId, orderId, courierId, trackingCode } = input;
    const said = unit.execute(shipmentStream, shipmentId, { ...input, type: "RecordBooking" });
    const shipment = unit.state(shipmentStream, shipmentId);
    if (said.some(({ type }) => type === "ShipmentBooked")) {
      unit.put(trackingCodeState, { code: trackingKey(courierId, trackingCode), shipmentId, orderId });
      unit.put(parcelWatchState, watched(shipment));
    }
    return answerOf(shipment.booking, said);
  },
});

/** Whatever else becomes of a parcel. */
export const moveShipment = defineCommand<MoveShipmentInput, ShipmentAnswer>({
  name: "moveShipment",
  correlationId: ({ orderId }) => orderId,
  needs: ({ shipmentId }) => ({ streams: [{ type: shipmentStream, id: shipmentId }] }),
  decide({ shipmentId, step }, unit) {
    const said = unit.execute(shipmentStream, shipmentId, step);
    return answerOf(unit.state(shipmentStream, shipmentId).booking, said);
  },
});

function answerOf(booking: ShipmentAnswer["booking"], said: readonly ShipmentEvent[]): ShipmentAnswer {
  const begun = said.find(({ type }) => type === "ShipmentAttempted") as ShipmentAttempted | undefined;
  return { booking, begun: begun?.attempt ?? null, delayed: said.some(({ type }) => type === "ShipmentDelayed") };
}
