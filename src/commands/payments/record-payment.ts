import { defineCommand } from "../../kernel/command.js";
import { nameId } from "../../kernel/ids.js";
import { paymentStream, type PaymentCommand } from "./payment.decider.js";

/** The first payment of an order; further attempts with other methods will have numbers of their own. */
export function paymentIdOf(orderId: string): string {
  return nameId("payment", orderId, "1");
}

/** Records what the provider said of a payment, however often and in whatever order it says it. */
export const recordPayment = defineCommand<PaymentCommand, Record<string, never>>({
  name: "recordPayment",
  correlationId: ({ orderId }) => orderId,
  needs: ({ paymentId }) => ({ streams: [{ type: paymentStream, id: paymentId }] }),
  decide(command, unit) {
    unit.execute(paymentStream, command.paymentId, command);
    return {};
  },
});
