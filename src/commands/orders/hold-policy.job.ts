import type { OrderPutOnHold } from "../../events/orders.js";
import { defineConsumer } from "../../kernel/consumer.js";
import { Refusal } from "../../kernel/refusal.js";
import type { CommandBus } from "../../platform/bus/command-bus.js";
import type { JobHandler } from "../../platform/jobs/job-handler.js";
import { cancelOrder } from "./cancel-order.js";

/** By the shop's policy an order does not wait for ever: its job runs when the time is over. */
export const holdPolicy = defineConsumer<OrderPutOnHold>({
  queue: "orders.hold-policy",
  on: ["OrderPutOnHold"],
  when: ({ callOffAfterSeconds }) => callOffAfterSeconds !== undefined,
  delaySeconds: ({ callOffAfterSeconds }) => callOffAfterSeconds ?? 0,
});

/** Calls an order off that still waits for the same reason. */
export function holdPolicyHandler(bus: CommandBus): JobHandler<OrderPutOnHold> {
  return async ({ eventId, version, event: { orderId, reason } }) => {
    const input = { orderId, reason: `on hold for too long: ${reason}`, cause: "hold", onlyHold: version } as const;
    const { refusal } = await bus.execute(cancelOrder, input, { actor: { role: "system", id: holdPolicy.queue }, idempotencyKey: eventId, causationId: eventId });
    if (refusal) throw new Refusal(refusal.code, refusal.message, refusal.field);
  };
}
