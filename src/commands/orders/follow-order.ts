import type { BookedFacts } from "../../events/inventory.js";
import type { ParcelLine } from "../../events/shipping.js";
import { defineCommand } from "../../kernel/command.js";
import { buyerOf, takeAgain, takingNeeds } from "../inventory/inventory.steps.js";
import { checkReason } from "./cancel-order.js";
import { orderStream } from "./order.decider.js";
import { canComeBack, orderedLines } from "./order-units.js";

interface ConfirmPaymentInput {
  readonly orderId: string;
  readonly paymentId: string;
  /** The money is set aside, and not ours yet. */
  readonly authorized?: true;
  /** Its units could not be had again: the money is not wanted. */
  readonly unwanted?: true;
}
interface ConfirmParcelBookedInput {
  readonly orderId: string; readonly shipmentId: string; readonly lines: readonly ParcelLine[]; readonly parcelCount: number;
  /** 1 where absent. */
  readonly packing?: number;
}
interface HoldOrderInput {
  readonly orderId: string;
  readonly reason: string;
  /** It is called off if it still waits then; absent where it waits for a person. */
  readonly callOffAfterSeconds?: number;
  /** Trouble with its money, e.g. a dispute: it waits wherever the order stands. */
  readonly overMoney?: true;
  /** The packing that no courier would take; where the order is packed anew since, nothing is wrong any more. */
  readonly packing?: number;
}
interface ResumeOrderInput {
  readonly orderId: string;
  readonly reason: string;
  /** Leaves an order alone that waits for something else. */
  readonly onlyIfHeldFor?: string;
}
type Nothing = Record<string, never>;

const ofOrder = ({ orderId }: { readonly orderId: string }) => ({ streams: [{ type: orderStream, id: orderId }] });
const correlationId = ({ orderId }: { readonly orderId: string }): string => orderId;

/**
 * The money is there. An order that was called off for want of it takes its units again, all or none of them.
 * Refuses with what taking units is refused with; then the same is sent as `unwanted`, and the money goes back.
 */
export const confirmPayment = defineCommand<ConfirmPaymentInput, Nothing>({
  name: "confirmPayment",
  correlationId,
  needs: ofOrder,
  rowsOf({ orderId, unwanted }, read) {
    const order = read.state(orderStream, orderId);
    return unwanted || !canComeBack(order) ? [] : takingNeeds(orderedLines(order), buyerOf(order.customerId));
  },
  decide({ orderId, paymentId, authorized, unwanted }, unit) {
    const order = unit.state(orderStream, orderId);
    const again: BookedFacts | null = unwanted || !canComeBack(order) ? null : takeAgain(unit, orderedLines(order), buyerOf(order.customerId), orderId);
    unit.execute(orderStream, orderId, { type: "ConfirmPayment", orderId, paymentId, ...(authorized ? { authorized } : {}), ...(again ? { again } : {}) });
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

/** The order cannot go on by itself. */
export const holdOrder = defineCommand<HoldOrderInput, Nothing>({
  name: "holdOrder",
  correlationId,
  needs: ofOrder,
  decide({ packing, ...input }, unit) {
    const order = unit.state(orderStream, input.orderId);
    if (packing !== undefined && order.status !== "absent" && order.packing !== packing) return {};
    unit.execute(orderStream, input.orderId, { type: "PutOnHold", ...input });
    return {};
  },
});

/** It goes on where it stood. Refuses with `ORDER_UNKNOWN ORDER_NOT_ON_HOLD INVALID_REASON`. */
export const resumeOrder = defineCommand<ResumeOrderInput, { readonly orderId: string }>({
  name: "resumeOrder",
  correlationId,
  needs: ofOrder,
  decide({ orderId, reason, onlyIfHeldFor }, unit) {
    checkReason(reason);
    const order = unit.state(orderStream, orderId);
    if (onlyIfHeldFor !== undefined && order.status !== "absent" && order.hold?.reason !== onlyIfHeldFor) return { orderId };
    unit.execute(orderStream, orderId, { type: "ResumeOrder", orderId, reason });
    return { orderId };
  },
});
