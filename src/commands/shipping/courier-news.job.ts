import type { Pool } from "pg";
import { Undecided } from "../../kernel/undecided.js";
import { batchedRead } from "../../platform/jobs/batched-read.js";
import type { WebhookHandler } from "../../platform/webhooks/inbox-worker.js";
import { trackingKey } from "./shipment/tracking-code.write-state.js";
import { recordParcelNews, type TrackingJobs } from "./tracking/parcel-news.job.js";
import type { StrayNews } from "./tracking/stray-news.store.js";

/** What the webhooks' job works with. */
export interface CourierNewsJob extends TrackingJobs {
  readonly strays: StrayNews;
  /** News of a parcel that nobody knows waits so long for its booking. */
  readonly strayAfterSeconds: number;
}

interface KnownShipment {
  code: string;
  shipment_id: string;
  order_id: string;
}

/** All couriers' sightings. News that comes before its booking was recorded is tried again; when it is no longer young it is set aside. */
export function courierNewsHandler(job: CourierNewsJob): WebhookHandler {
  const { pool, couriers, strays, alerts, strayAfterSeconds } = job;
  const shipments = shipmentReader(pool);
  return {
    async handle({ provider, body, headers, receivedAtMs }, { jobId, correlate }) {
      const courierId = provider.slice(provider.indexOf(":") + 1);
      const courier = couriers.courier(courierId);
      if (!courier) {
        await alerts.raise({
          key: `courier_unknown:${courierId}`, severity: "warning",
          message: "Webhooks came of a courier that the settings do not name any more; they are tried again until it is back, or dead.", details: { courierId },
        });
        throw new Error(`the courier ${courierId} is not in the settings (any more): put it back and redrive, or let go of this letter`);
      }
      const news = courier.parseWebhook(body, headers, receivedAtMs);
      if (!news) return;
      const known = await shipments(trackingKey(courier.id, news.trackingCode));
      if (!known) {
        if (Date.now() - receivedAtMs < strayAfterSeconds * 1_000) throw new Undecided("TOO_EARLY", `no shipment has the tracking code ${news.trackingCode} of ${courier.id} (yet)`);
        await strays.setAside(courier.id, news.trackingCode, news.scans.map(({ status }) => status));
        return;
      }
      correlate(known.order_id);
      await recordParcelNews(job, { orderId: known.order_id, shipmentId: known.shipment_id, scans: news.scans, receivedAtMs }, { actor: "shipping.webhook", key: jobId });
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
