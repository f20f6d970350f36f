import type { Pool } from "pg";
import type { TrackingStatus } from "../../../events/shipping.js";
import type { AlertPort } from "../../../platform/alerts/alert-port.js";
import { trackingKey } from "../shipment/tracking-code.write-state.js";

/** A parcel that is nobody's may be told of by the thousand: a person hears of it once in that time. */
const tellEveryMs = 60_000;

/** Of a label that never went anywhere there is nothing to find out, e.g. of one too many that was called off. */
const harmless: ReadonlySet<TrackingStatus> = new Set(["pre_transit", "cancelled"]);

const keepSql = {
  name: "tracking_stray_keep",
  text: `INSERT INTO stray_news AS s (code, times, first_at, last_at) VALUES ($1, 1, clock_timestamp(), clock_timestamp())
         ON CONFLICT (code) DO UPDATE SET times = s.times + 1, last_at = excluded.last_at`,
};

/** News of parcels that are none of ours: put on a list, with one warning for all of them. */
export class StrayNews {
  readonly #pool: Pool;
  readonly #alerts: AlertPort;
  readonly #toldAtMs = new Map<string, number>();

  constructor(pool: Pool, alerts: AlertPort) {
    this.#pool = pool;
    this.#alerts = alerts;
  }

  async setAside(courierId: string, trackingCode: string, statuses: readonly TrackingStatus[]): Promise<void> {
    await this.#pool.query({ ...keepSql, values: [trackingKey(courierId, trackingCode)] });
    const nowMs = Date.now();
    if (statuses.every((status) => harmless.has(status)) || nowMs < (this.#toldAtMs.get(courierId) ?? 0) + tellEveryMs) return;
    this.#toldAtMs.set(courierId, nowMs);
    await this.#alerts.raise({
      key: `parcels_unknown:${courierId}`, severity: "warning",
      message: "A courier tells of parcels that are none of ours; strayTrackingCodes lists them. Ask whether its webhooks go to the right shop.",
      details: { courierId, trackingCode },
    });
  }
}
