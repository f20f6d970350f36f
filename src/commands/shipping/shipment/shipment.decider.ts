import type { ShipmentEvent } from "../../../events/shipping.js";
import { defineStream, type Decider } from "../../../kernel/decider.js";
import { decideAllocation, type AllocationCommand } from "./allocation.rules.js";
import { evolveShipment, noShipment, type Shipment } from "./shipment-state.js";
import { decideTracking, type TrackingCommand } from "./tracking.rules.js";

export type ShipmentCommand = AllocationCommand | TrackingCommand;

const allocating: ReadonlySet<string> = new Set<AllocationCommand["type"]>(["Decide", "GiveUpAttempt", "SettleAttempt", "RecordBooking", "RecordImpossible"]);

function isAllocation(command: ShipmentCommand): command is AllocationCommand {
  return allocating.has(command.type);
}

/** A parcel: who is asked to carry it, who took it on, and where it has been seen. */
export const shipmentDecider: Decider<Shipment, ShipmentCommand, ShipmentEvent> = {
  initial: noShipment,
  decide: (command, shipment) => (isAllocation(command) ? decideAllocation(command, shipment) : decideTracking(command, shipment)),
  evolve: evolveShipment,
};

export const shipmentStream = defineStream("shipment", shipmentDecider);
