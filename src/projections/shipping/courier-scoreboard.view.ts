import { defineView } from "../../platform/projector/view.js";

/**
 * Couriers by service, region and week. A promise is judged when the parcel has arrived, or should have: one that is overdue, lost or
 * came back is late already. Labels that were called off cost nothing.
 */
export const courierScoreboard = defineView({
  name: "courier_scoreboard",
  reads: ["courier_parcel"],
  sql: (tableOf) => `
    SELECT week, courier_id, service, region,
      count(*) FILTER (WHERE failure_code IS NULL) AS bookings, count(*) FILTER (WHERE failure_code IS NOT NULL) AS booking_failures,
      count(*) FILTER (WHERE called_off) AS called_off, count(delivered_at) AS delivered,
      count(*) FILTER (WHERE due_at IS NOT NULL AND (delivered_at IS NOT NULL OR (NOT called_off AND due_at < now()))) AS due,
      count(*) FILTER (WHERE delivered_at <= due_at) AS on_time,
      percentile_cont(0.5) WITHIN GROUP (ORDER BY (extract(epoch FROM delivered_at - booked_at) / 86400)::float8) AS p50_days,
      percentile_cont(0.9) WITHIN GROUP (ORDER BY (extract(epoch FROM delivered_at - booked_at) / 86400)::float8) AS p90_days,
      coalesce(sum(price_minor) FILTER (WHERE NOT called_off), 0)::bigint AS cost_minor,
      count(*) FILTER (WHERE returned) AS returns, count(*) FILTER (WHERE lost) AS lost
    FROM ${tableOf("courier_parcel")} GROUP BY week, courier_id, service, region`,
  uniqueIndex: ["week", "courier_id", "service", "region"],
  refreshEverySeconds: 30,
});
