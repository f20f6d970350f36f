import { defineCommand } from "../../kernel/command.js";
import { paymentStream } from "../payments/payment-window.steps.js";
import { callOff, rowsOfCalling } from "./cancel-order.js";
import { orderStream } from "./order.decider.js";

interface NoteDeclineInput {
  readonly orderId: string;
  readonly paymentId: string;
  readonly attempt: number;
  readonly code: string;
  /** Until when the buyer may try another method, RFC 3339. */
  readonly payBefore: string;
}

/** A payment was refused. The first refusal begins the time in which the buyer may try otherwise; one that comes after it ends the order, unless another method is being tried by then. */
export const noteDecline = defineCommand<NoteDeclineInput, Record<string, never>>({
  name: "noteDecline",
  correlationId: ({ orderId }) => orderId,
  needs: ({ orderId, paymentId }) => ({ streams: [{ type: orderStream, id: orderId }, { type: paymentStream, id: paymentId }] }),
  rowsOf: ({ orderId }, read) => rowsOfCalling(read.state(orderStream, orderId)),
  decide({ orderId, paymentId, attempt, code, payBefore }, unit) {
    const order = unit.state(orderStream, orderId);
    if (order.status !== "absent" && order.stage !== "PLACED") return {};
    const ends = order.status === "absent" ? payBefore : order.payBefore ?? payBefore;
    const isTriedAgain = unit.state(paymentStream, paymentId).attempt > attempt;
    if (ends <= unit.now && !isTriedAgain) callOff(unit, orderId, `payment refused: ${code}`, "payment");
    else unit.execute(orderStream, orderId, { type: "NoteDecline", orderId, paymentId, code, payBefore: ends, ...(isTriedAgain ? { triedAgain: true } : {}) });
    return {};
  },
});
