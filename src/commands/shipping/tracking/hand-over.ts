import { defineCommand } from "../../../kernel/command.js";
import { shipmentStream } from "../shipment/shipment.decider.js";
import { parcelWatchState } from "./parcel-watch.write-state.js";

/** `called_off`: its label was voided, or is being voided, and it must not go. `not_booked`: it has no label (yet). */
export type HandOverOutcome = "handed_over" | "already_handed_over" | "called_off" | "not_booked";

/** A parcel was given to its courier, as a person says: from then on its courier should speak of it, not only from the pick-up on. */
export const handOver = defineCommand<{ readonly orderId: string; readonly shipmentId: string }, { readonly outcome: HandOverOutcome }>({
  name: "handOver",
  correlationId: ({ orderId }) => orderId,
  needs: ({ shipmentId }) => ({ streams: [{ type: shipmentStream, id: shipmentId }], rows: [{ state: parcelWatchState, keys: [shipmentId] }] }),
  decide({ shipmentId }, unit) {
    const { booking, unwanted, left } = unit.state(shipmentStream, shipmentId);
    if (booking === "cancelled" || (booking === "booked" && unwanted && !left)) return { outcome: "called_off" };
    if (booking !== "booked") return { outcome: "not_booked" };
    const said = unit.execute(shipmentStream, shipmentId, { type: "HandOver", handedOverAt: unit.now });
    if (said.length === 0) return { outcome: "already_handed_over" };
    const watch = unit.row(parcelWatchState, shipmentId);
    if (watch && !watch.seen) unit.put(parcelWatchState, { ...watch, handOverBy: unit.now, lookAt: unit.now });
    return { outcome: "handed_over" };
  },
});
