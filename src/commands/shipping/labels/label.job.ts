import type { ShipmentBooked } from "../../../events/shipping.js";
import { defineConsumer } from "../../../kernel/consumer.js";
import { GatewayError } from "../../../platform/http-client/gateway-error.js";
import type { JobHandler } from "../../../platform/jobs/job-handler.js";
import { moveShipment } from "../shipment/record-shipment.js";
import type { TrackingJobs } from "../tracking/parcel-news.job.js";

export type LabelJob = Pick<TrackingJobs, "bus" | "pool" | "alerts" | "couriers">;

/** A label with more is no label. */
export const labelBytesMax = 1_048_576;

/** Couriers of the contract's first version give none. */
export const labelConsumer = defineConsumer<ShipmentBooked>({
  queue: "shipping.label",
  on: ["ShipmentBooked"],
  when: ({ labelUrl }) => labelUrl !== undefined,
});

const keepSql = {
  name: "shipping_label_keep",
  text: "INSERT INTO label (shipment_id, order_id, content_type, bytes, kept_at) VALUES ($1, $2, $3, $4, clock_timestamp()) ON CONFLICT (shipment_id) DO NOTHING",
};

/** Fetches a parcel's label and keeps the file, so that it can be printed whatever becomes of the courier's server. */
export function labelHandler({ bus, pool, alerts, couriers }: LabelJob): JobHandler<ShipmentBooked> {
  return async ({ eventId, event: { shipmentId, orderId, courierId, bookingReference, labelUrl } }) => {
    const courier = couriers.courier(courierId);
    const file = await courier?.label?.(bookingReference, labelUrl).catch(noneForGood);
    if (!file) return;
    const { contentType, bytes } = file;
    if (bytes.length > labelBytesMax) {
      await alerts.raise({
        key: `label_too_large:${courierId}`, severity: "warning", message: "A courier's label has more than 1 MiB and is not kept; print it from the courier's own pages.",
        details: { orderId, shipmentId, courierId, bytes: bytes.length },
      });
      return;
    }
    // Before its event: a file that nobody tells of does no harm, an event without its file would.
    await pool.query({ ...keepSql, values: [shipmentId, orderId, contentType, bytes] });
    await bus.execute(moveShipment, { orderId, shipmentId, step: { type: "KeepLabel", contentType, sizeBytes: bytes.length } }, {
      actor: { role: "system", id: labelConsumer.queue }, idempotencyKey: eventId, causationId: eventId,
    });
  };
}

/** It was voided meanwhile, or there never was one. */
function noneForGood(error: unknown): null {
  if (error instanceof GatewayError && error.kind === "rejected" && (error.status === 410 || error.status === 404 || error.status === undefined)) return null;
  throw error;
}
