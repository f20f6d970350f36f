import type { ShipmentAttemptFailed } from "../../events/shipping.js";
import { defineConsumer } from "../../kernel/consumer.js";
import type { JobHandler } from "../../platform/jobs/job-handler.js";
import { CourierDesk, type ShippingJobs } from "./courier-desk.process.js";

/** A courier that was slow has answered by then, and what it found of us is gone. */
const firstAskSeconds = 3;

export const settleConsumer = defineConsumer<ShipmentAttemptFailed>({
  queue: "shipping.settle",
  on: ["ShipmentAttemptFailed"],
  when: ({ inDoubt }) => inDoubt,
  delaySeconds: () => firstAskSeconds,
});

/** Asks a courier what became of a booking whose answer was lost, until it says so. What it made is the parcel's label, or one too many. */
export function settleHandler(jobs: ShippingJobs): JobHandler<ShipmentAttemptFailed> {
  const desk = new CourierDesk(jobs);
  return async ({ eventId, event: { orderId, shipmentId, attempt } }) => {
    const { shipment } = await desk.parcel(shipmentId);
    const { attempts, content } = shipment;
    const called = attempts.find((one) => one.attempt === attempt);
    if (called?.state !== "in_doubt" || !content) return;
    await desk.settle({ orderId, shipmentId, queue: settleConsumer.queue, causationId: eventId }, shipment, content, called);
  };
}
