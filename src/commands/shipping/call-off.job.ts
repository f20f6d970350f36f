import type { OrderCancelled, OrderLinesCancelled, OrderShipmentUnwanted } from "../../events/orders.js";
import { defineConsumer } from "../../kernel/consumer.js";
import type { AlertPort } from "../../platform/alerts/alert-port.js";
import { readState } from "../../platform/jobs/event-reader.js";
import type { JobHandler } from "../../platform/jobs/job-handler.js";
import type { ShippingJobs } from "./book.job.js";
import { moveShipment } from "./shipment/record-shipment.js";
import { shipmentStream } from "./shipment/shipment.decider.js";

type CallOffCause = OrderCancelled | OrderLinesCancelled | OrderShipmentUnwanted;

export const callOffConsumer = defineConsumer<CallOffCause>({
  queue: "shipping.call-off",
  on: ["OrderCancelled", "OrderLinesCancelled", "OrderShipmentUnwanted"],
  when: (event) => event.type === "OrderShipmentUnwanted" || event.shipmentIds.length > 0,
});

/** Calls parcels off at their courier: of a cancelled order, or of one that is packed anew. One that has left already needs a person. */
export function callOffHandler({ bus, pool, courier }: ShippingJobs, alerts: AlertPort): JobHandler<CallOffCause> {
  return async ({ eventId, event }) => {
    const { orderId } = event;
    const shipmentIds = event.type === "OrderShipmentUnwanted" ? [event.shipmentId] : event.shipmentIds;
    for (const shipmentId of shipmentIds) {
      const shipment = await readState(pool, shipmentStream, shipmentId);
      if (shipment.booking !== "booked") continue;
      const { kind } = await courier.cancel({ bookingReference: shipment.bookingReference, idempotencyKey: `cancel:${shipmentId}` });
      if (kind === "too_late") {
        await alerts.raise({
          key: `parcel_left_after_cancel:${shipmentId}`, severity: "warning",
          message: "A parcel that was called off has left; arrange its return with the courier.",
          details: { orderId, shipmentId, courierId: shipment.courierId },
        });
        continue;
      }
      await bus.execute(moveShipment, { orderId, shipmentId, step: { type: "RecordCancellation", reason: reasonOf(event) } }, {
        actor: { role: "system", id: callOffConsumer.queue }, idempotencyKey: `${eventId}:${shipmentId}`, causationId: eventId,
      });
    }
  };
}

function reasonOf({ type }: CallOffCause): string {
  switch (type) {
    case "OrderCancelled": return "the order was cancelled";
    case "OrderLinesCancelled": return "the order is packed anew";
    case "OrderShipmentUnwanted": return "the order was cancelled, or is packed anew";
  }
}
