import { defineView } from "../../platform/projector/view.js";

/** Units and net revenue a product, hour and currency, without what was called off or came back. Takes every line apart, so it is refreshed less often. */
export const topProducts = defineView({
  name: "top_products",
  reads: ["order_fact"],
  sql: (tableOf) => `
    SELECT f.hour, f.currency, l.sku, sum(l.quantity - coalesce(l.back, 0))::bigint AS units,
      sum(l."netMinor" - round(l."netMinor" * coalesce(l.back, 0)::numeric / l.quantity))::bigint AS net_minor, count(*) AS orders
    FROM ${tableOf("order_fact")} f
    CROSS JOIN LATERAL jsonb_to_recordset(f.lines) AS l (sku text, quantity bigint, "netMinor" bigint, back bigint)
    WHERE NOT f.cancelled AND l.quantity > coalesce(l.back, 0) GROUP BY f.hour, f.currency, l.sku`,
  uniqueIndex: ["hour", "currency", "sku"],
  refreshEverySeconds: 30,
});
