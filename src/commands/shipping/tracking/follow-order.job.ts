import type { Pool } from "pg";
import type { OrderDelivered, OrderParcelDelivered, OrderParcelShipped, OrderReturnInspected } from "../../../events/orders.js";
import type { OrderParcelReturning } from "../../../events/order-returns.js";
import type { ShipmentTracked } from "../../../events/shipping.js";
import { defineConsumer } from "../../../kernel/consumer.js";
import type { AlertDesk } from "../../../platform/alerts/alert-port.js";
import { streamHas } from "../../../platform/jobs/event-reader.js";
import type { JobHandler } from "../../../platform/jobs/job-handler.js";

type ParcelMoved = OrderParcelShipped | OrderParcelDelivered | OrderDelivered | OrderParcelReturning | OrderReturnInspected | ShipmentTracked;

/** What is said of parcels reaches those who follow them: what they wait for, and call people for, is over then. Of scans only those that found a lost one. */
export const trackingConsumer = defineConsumer<ParcelMoved>({
  queue: "tracking.follow",
  on: ["OrderParcelShipped", "OrderParcelDelivered", "OrderDelivered", "OrderParcelReturning", "OrderReturnInspected", "ShipmentTracked"],
  when: (event) => event.type !== "ShipmentTracked" || event.lostAt !== undefined,
  fifo: true,
});

/** Alerts about a parcel that have nothing to say any more, by what became of it. */
const overBy: Readonly<Record<ParcelMoved["type"], readonly string[]>> = {
  ShipmentTracked: ["parcel_lost"],
  OrderParcelShipped: ["parcel_lost"],
  OrderParcelReturning: ["parcel_lost", "parcel_to_redeliver"],
  OrderParcelDelivered: ["parcel_lost", "parcel_to_redeliver", "parcel_to_return", "return_overdue"],
  OrderDelivered: ["parcel_lost", "parcel_to_redeliver", "parcel_to_return", "return_overdue"],
  OrderReturnInspected: ["parcel_lost", "parcel_to_redeliver", "parcel_to_return", "return_overdue", "parcel_left_unwanted", "parcel_left_after_cancel"],
};

/** Ends what is open about a parcel. One that somebody holds in his hands is not asked after any more: no courier need say that it is back. */
export function trackingHandler({ pool, alerts }: { readonly pool: Pool; readonly alerts: AlertDesk }): JobHandler<ParcelMoved> {
  const wasRaised = streamHas(pool, "AlertRaised");
  return async ({ event }) => {
    const { shipmentId } = event;
    if (shipmentId === undefined) return;
    const keys = overBy[event.type].map((kind) => `${kind}:${shipmentId}`);
    const raised = await Promise.all(keys.map((key) => wasRaised(`alert-${key}`)));
    await Promise.all(keys.filter((_key, index) => raised[index]).map((key) => alerts.resolve(key)));
    if (event.type === "OrderReturnInspected") await pool.query({ name: "tracking_watch_over", text: "DELETE FROM parcel_watch WHERE shipment_id = $1", values: [shipmentId] });
  };
}
