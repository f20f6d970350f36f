import type { Pool } from "pg";
import type { Courier } from "../../gateways/couriers/courier-port.js";
import type { CommandBus } from "../../platform/bus/command-bus.js";
import type { WebhookHandler } from "../../platform/webhooks/inbox-worker.js";
import { recordTracking } from "./record-shipment.js";
import { trackingKey } from "./tracking-code.write-state.js";

/** What the webhook's job works with. */
export interface CourierNewsJob {
  readonly bus: CommandBus;
  readonly pool: Pool;
  readonly courier: Courier;
}

/** A courier's sightings. One that comes before its booking was recorded is tried again a moment later. */
export function courierNewsHandler({ bus, pool, courier }: CourierNewsJob): WebhookHandler {
  return {
    async handle({ body, headers, receivedAtMs }, { jobId, correlate }) {
      const news = courier.parseWebhook(body, headers, receivedAtMs);
      if (!news) return;
      const { rows } = await pool.query<{ shipment_id: string; order_id: string }>({
        name: "shipping_tracking_code",
        text: "SELECT shipment_id, order_id FROM tracking_code WHERE code = $1",
        values: [trackingKey(courier.id, news.trackingCode)],
      });
      const [known] = rows;
      if (!known) throw new Error(`no shipment has the tracking code ${news.trackingCode} of ${courier.id} (yet)`);
      correlate(known.order_id);
      await bus.execute(recordTracking, { orderId: known.order_id, shipmentId: known.shipment_id, scans: news.scans }, {
        actor: { role: "system", id: "shipping.webhook" }, idempotencyKey: jobId, causationId: jobId,
      });
    },
  };
}
