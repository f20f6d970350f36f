import type { ParcelLine } from "../../events/shipping.js";
import { defineCommand } from "../../kernel/command.js";
import { partingNeeds, shipOut } from "../inventory/inventory.steps.js";
import { Undecided } from "../../kernel/undecided.js";
import { bookedParcelLines, knowsParcel, orderStream } from "./order.decider.js";

interface ConfirmPaymentInput { readonly orderId: string; readonly paymentId: string }
interface ConfirmParcelBookedInput {
  readonly orderId: string; readonly shipmentId: string; readonly lines: readonly ParcelLine[]; readonly parcelCount: number;
}
interface AdvanceParcelInput { readonly orderId: string; readonly shipmentId: string; readonly milestone: "left" | "delivered" }
interface HoldOrderInput { readonly orderId: string; readonly reason: string }
type Nothing = Record<string, never>;

const ofOrder = ({ orderId }: { readonly orderId: string }) => ({ streams: [{ type: orderStream, id: orderId }] });
const correlationId = ({ orderId }: { readonly orderId: string }): string => orderId;

/** The money is there. */
export const confirmPayment = defineCommand<ConfirmPaymentInput, Nothing>({
  name: "confirmPayment",
  correlationId,
  needs: ofOrder,
  decide({ orderId, paymentId }, unit) {
    unit.execute(orderStream, orderId, { type: "ConfirmPayment", orderId, paymentId });
    return {};
  },
});

/** A courier took a parcel on. */
export const confirmParcelBooked = defineCommand<ConfirmParcelBookedInput, Nothing>({
  name: "confirmParcelBooked",
  correlationId,
  needs: ofOrder,
  decide(input, unit) {
    unit.execute(orderStream, input.orderId, { type: "ConfirmParcelBooked", ...input });
    return {};
  },
});

/**
 * A parcel left, or arrived. One that arrives without having been seen leaving has left as well.
 * @throws Undecided TOO_EARLY where the news overtook that of the booking: an answer would lose it, so its job comes again
 */
export const advanceParcel = defineCommand<AdvanceParcelInput, Nothing>({
  name: "advanceParcel",
  correlationId,
  needs: ofOrder,
  rowsOf: ({ orderId, shipmentId }, read) => partingNeeds(bookedParcelLines(read.state(orderStream, orderId), shipmentId)),
  decide({ orderId, shipmentId, milestone }, unit) {
    const order = unit.state(orderStream, orderId);
    if (order.status !== "absent" && !knowsParcel(order, shipmentId)) {
      throw new Undecided("TOO_EARLY", "The order does not know of this parcel yet; repeat in a moment.");
    }
    const leaving = bookedParcelLines(order, shipmentId);
    if (leaving.length > 0) {
      unit.execute(orderStream, orderId, { type: "ConfirmParcelLeft", orderId, shipmentId, ...shipOut(unit, leaving) });
    }
    if (milestone === "delivered") unit.execute(orderStream, orderId, { type: "ConfirmParcelDelivered", orderId, shipmentId });
    return {};
  },
});

/** The order cannot go on by itself. */
export const holdOrder = defineCommand<HoldOrderInput, Nothing>({
  name: "holdOrder",
  correlationId,
  needs: ofOrder,
  decide({ orderId, reason }, unit) {
    unit.execute(orderStream, orderId, { type: "PutOnHold", orderId, reason });
    return {};
  },
});
