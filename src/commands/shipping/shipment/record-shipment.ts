import { defineCommand } from "../../../kernel/command.js";
import { openAttempt } from "./allocation.rules.js";
import { shipmentStream, type ShipmentCommand } from "./shipment.decider.js";
import { trackingCodeState, trackingKey } from "./tracking-code.write-state.js";

/** How a parcel stands after a step: who finds an attempt open that is not his own leaves it alone. */
export type ShipmentAnswer = {
  readonly booking: "absent" | "booked" | "cancelled" | "impossible";
  /** The attempt under way; null where none is. */
  readonly openAttempt: number | null;
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
    if (said.some(({ type }) => type === "ShipmentBooked")) unit.put(trackingCodeState, { code: trackingKey(courierId, trackingCode), shipmentId, orderId });
    return answerOf(unit.state(shipmentStream, shipmentId));
  },
});

/** Whatever else becomes of a parcel. */
export const moveShipment = defineCommand<MoveShipmentInput, ShipmentAnswer>({
  name: "moveShipment",
  correlationId: ({ orderId }) => orderId,
  needs: ({ shipmentId }) => ({ streams: [{ type: shipmentStream, id: shipmentId }] }),
  decide({ shipmentId, step }, unit) {
    unit.execute(shipmentStream, shipmentId, step);
    return answerOf(unit.state(shipmentStream, shipmentId));
  },
});

function answerOf(shipment: Parameters<typeof openAttempt>[0] & Pick<ShipmentAnswer, "booking">): ShipmentAnswer {
  return { booking: shipment.booking, openAttempt: openAttempt(shipment)?.attempt ?? null };
}
