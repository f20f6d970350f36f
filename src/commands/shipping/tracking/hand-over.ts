import { defineCommand } from "../../../kernel/command.js";
import { shipmentStream } from "../shipment/shipment.decider.js";

/** `called_off`: its label was voided, and it must not go. `not_booked`: it has no label (yet). */
export type HandOverOutcome = "handed_over" | "already_handed_over" | "called_off" | "not_booked";

/** A parcel was given to its courier, as a person says. */
export const handOver = defineCommand<{ readonly orderId: string; readonly shipmentId: string }, { readonly outcome: HandOverOutcome }>({
  name: "handOver",
  correlationId: ({ orderId }) => orderId,
  needs: ({ shipmentId }) => ({ streams: [{ type: shipmentStream, id: shipmentId }] }),
  decide({ shipmentId }, unit) {
    const { booking } = unit.state(shipmentStream, shipmentId);
    if (booking === "cancelled") return { outcome: "called_off" };
    if (booking !== "booked") return { outcome: "not_booked" };
    const said = unit.execute(shipmentStream, shipmentId, { type: "HandOver", handedOverAt: unit.now });
    return { outcome: said.length > 0 ? "handed_over" : "already_handed_over" };
  },
});
