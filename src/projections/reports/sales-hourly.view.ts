import { defineView } from "../../platform/projector/view.js";

/** Orders and revenue an hour and currency. Revenue is what was not cancelled. */
export const salesHourly = defineView({
  name: "sales_hourly",
  reads: ["order_fact"],
  sql: (tableOf) => `
    SELECT hour, currency, count(*) AS orders, count(*) FILTER (WHERE cancelled) AS cancelled_orders,
      coalesce(sum(total_minor) FILTER (WHERE NOT cancelled), 0)::bigint AS revenue_minor
    FROM ${tableOf("order_fact")} GROUP BY hour, currency`,
  uniqueIndex: ["hour", "currency"],
  refreshEverySeconds: 10,
});
