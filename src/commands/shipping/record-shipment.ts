import { defineCommand } from "../../kernel/command.js";
import { shipmentStream, type Scan, type ShipmentCommand } from "./shipment.decider.js";
import { trackingCodeState, trackingKey } from "./tracking-code.write-state.js";

type Nothing = Record<string, never>;

/** A courier took a parcel on. */
export const recordBooking = defineCommand<Extract<ShipmentCommand, { type: "RecordBooking" }>, Nothing>({
  name: "recordBooking",
  correlationId: ({ orderId }) => orderId,
  needs: ({ shipmentId }) => ({ streams: [{ type: shipmentStream, id: shipmentId }] }),
  decide(command, unit) {
    const { shipmentId, orderId, courierId, trackingCode } = command;
    const said = unit.execute(shipmentStream, shipmentId, command);
    if (said.length > 0) unit.put(trackingCodeState, { code: trackingKey(courierId, trackingCode), shipmentId, orderId });
    return {};
  },
});

/** No courier can take a parcel on. */
export const recordImpossible = defineCommand<Extract<ShipmentCommand, { type: "RecordImpossible" }>, Nothing>({
  name: "recordImpossible",
  correlationId: ({ orderId }) => orderId,
  needs: ({ shipmentId }) => ({ streams: [{ type: shipmentStream, id: shipmentId }] }),
  decide(command, unit) {
    unit.execute(shipmentStream, command.shipmentId, command);
    return {};
  },
});

interface RecordTrackingInput { readonly orderId: string; readonly shipmentId: string; readonly scans: readonly Scan[] }

/** A courier reports sightings. */
export const recordTracking = defineCommand<RecordTrackingInput, Nothing>({
  name: "recordTracking",
  correlationId: ({ orderId }) => orderId,
  needs: ({ shipmentId }) => ({ streams: [{ type: shipmentStream, id: shipmentId }] }),
  decide({ shipmentId, scans }, unit) {
    unit.execute(shipmentStream, shipmentId, { type: "RecordScans", scans });
    return {};
  },
});

interface RecordCancellationInput { readonly orderId: string; readonly shipmentId: string; readonly reason: string }

/** The courier called a booking off. */
export const recordCancellation = defineCommand<RecordCancellationInput, Nothing>({
  name: "recordCancellation",
  correlationId: ({ orderId }) => orderId,
  needs: ({ shipmentId }) => ({ streams: [{ type: shipmentStream, id: shipmentId }] }),
  decide({ shipmentId, reason }, unit) {
    unit.execute(shipmentStream, shipmentId, { type: "RecordCancellation", reason });
    return {};
  },
});
