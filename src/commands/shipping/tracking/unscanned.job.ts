import type { Pool } from "pg";
import type { AlertPort } from "../../../platform/alerts/alert-port.js";

export interface UnscannedJob {
  readonly pool: Pool;
  readonly alerts: AlertPort;
  /** So long after it was to be handed over a label should have been scanned. */
  readonly unscannedAfterSeconds: number;
}

interface Unscanned {
  readonly courierId: string;
  readonly labels: number;
  readonly oldest: string;
}

/** Couriers that one alert each may be told of. */
const couriersMax = 100;

const countSql = {
  name: "tracking_unscanned",
  text: `SELECT courier_id AS "courierId", count(*)::int AS labels, to_char(min(hand_over_by) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS oldest
         FROM parcel_watch WHERE NOT seen AND hand_over_by < clock_timestamp() - $1 * interval '1 second' GROUP BY courier_id ORDER BY courier_id LIMIT $2`,
};

/**
 * Tells of labels that no scanner has seen though they should have been: one alert a courier, and again only when they have become more.
 * @returns a round
 */
export function unscannedRounds({ pool, alerts, unscannedAfterSeconds }: UnscannedJob): () => Promise<boolean> {
  let told: ReadonlyMap<string, number> = new Map();
  return async () => {
    const { rows } = await pool.query<Unscanned>({ ...countSql, values: [unscannedAfterSeconds, couriersMax] });
    for (const { courierId, labels, oldest } of rows) {
      if (labels <= (told.get(courierId) ?? 0)) continue;
      await alerts.raise({
        key: `labels_unscanned:${courierId}`, severity: "warning",
        message: "Labels were not scanned though their parcels should be with the courier; unscannedLabels lists them. Were they handed over?",
        details: { courierId, labels, oldest },
      });
    }
    told = new Map(rows.map(({ courierId, labels }) => [courierId, labels]));
    return false;
  };
}
