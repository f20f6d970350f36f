import type { Pool } from "pg";
import type { Courier } from "../../gateways/couriers/courier-port.js";
import { Undecided } from "../../kernel/undecided.js";
import type { CommandBus } from "../../platform/bus/command-bus.js";
import { batchedRead } from "../../platform/jobs/batched-read.js";
import type { WebhookHandler } from "../../platform/webhooks/inbox-worker.js";
import { moveShipment } from "./shipment/record-shipment.js";
import { trackingKey } from "./shipment/tracking-code.write-state.js";

/** What the webhook's job works with. */
export interface CourierNewsJob {
  readonly bus: CommandBus;
  readonly pool: Pool;
  readonly courier: Courier;
}

interface KnownShipment {
  code: string;
  shipment_id: string;
  order_id: string;
}

/** A courier's sightings. One that comes before its booking was recorded is tried again a moment later. */
export function courierNewsHandler({ bus, pool, courier }: CourierNewsJob): WebhookHandler {
  const shipments = shipmentReader(pool);
  return {
    async handle({ body, headers, receivedAtMs }, { jobId, correlate }) {
      const news = courier.parseWebhook(body, headers, receivedAtMs);
      if (!news) return;
      const known = await shipments(trackingKey(courier.id, news.trackingCode));
      if (!known) throw new Undecided("TOO_EARLY", `no shipment has the tracking code ${news.trackingCode} of ${courier.id} (yet)`);
      correlate(known.order_id);
      await bus.execute(moveShipment, { orderId: known.order_id, shipmentId: known.shipment_id, step: { type: "RecordScans", scans: news.scans } }, {
        actor: { role: "system", id: "shipping.webhook" }, idempotencyKey: jobId, causationId: jobId,
      });
    },
  };
}

function shipmentReader(pool: Pool): (code: string) => Promise<KnownShipment | null> {
  const loader = batchedRead<string, KnownShipment | null>(async (codes) => {
    const { rows } = await pool.query<KnownShipment>({
      name: "shipping_tracking_code",
      text: "SELECT code, shipment_id, order_id FROM tracking_code WHERE code = ANY($1::text[])",
      values: [[...new Set(codes)]],
    });
    const byCode = new Map(rows.map((row) => [row.code, row]));
    return codes.map((code) => byCode.get(code) ?? null);
  });
  return (code) => loader.load(code);
}
