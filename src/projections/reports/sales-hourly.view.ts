import { defineView } from "../../platform/projector/view.js";

/** Orders and revenue an hour and currency. Revenue is what was not called off, and has not come back. */
export const salesHourly = defineView({
  name: "sales_hourly",
  reads: ["order_fact"],
  sql: (tableOf) => `
    SELECT hour, currency, count(*) AS orders, count(*) FILTER (WHERE cancelled) AS cancelled_orders,
      sum(total_minor - reverted_minor)::bigint AS revenue_minor
    FROM ${tableOf("order_fact")} GROUP BY hour, currency`,
  uniqueIndex: ["hour", "currency"],
  refreshEverySeconds: 10,
});
