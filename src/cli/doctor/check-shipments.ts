import type { Client } from "pg";
import { inThousands, type Examined } from "./finding.js";
import { judgeAll, pendingOrders } from "./law-query.js";

const parts = `${pendingOrders},
  booking AS (
    SELECT data->>'shipmentId' AS shipment_id, count(*) AS times, min(data->>'orderId') AS order_id,
      min((data->>'courierId') || '/' || (data->>'trackingCode')) AS code, (array_agg((data->'lines')::jsonb))[1] AS lines
    FROM event_log WHERE type = 'ShipmentBooked' GROUP BY 1
  ),
  parcel AS (
    SELECT data->>'shipmentId' AS shipment_id, count(*) AS times, min(data->>'orderId') AS order_id, count(DISTINCT data->>'orderId') AS orders,
      (array_agg((data->'lines')::jsonb) FILTER (WHERE type <> 'OrderShipmentUnwanted'))[1] AS lines
    FROM event_log WHERE type IN ('OrderParcelBooked', 'OrderAllocated', 'OrderShipmentUnwanted') GROUP BY 1
  ),
  unwanted AS (
    SELECT data->>'shipmentId' AS shipment_id FROM event_log WHERE type = 'OrderShipmentUnwanted'
    UNION SELECT json_array_elements_text((data->'shipmentIds')::json) FROM event_log WHERE type IN ('OrderCancelled', 'OrderLinesCancelled')
  )`;

const judged = `
  SELECT coalesce(b.shipment_id, p.shipment_id) AS key, 'shipment ' || coalesce(b.shipment_id, p.shipment_id) || ': ' || nullif(concat_ws('; ',
    CASE WHEN b.shipment_id IS NULL THEN format('order %s has it, and it was never booked', p.order_id) END,
    CASE WHEN b.times > 1 THEN format('it was booked %s times', b.times) END,
    CASE WHEN p.times > 1 THEN format('%s order(s) took it %s times', p.orders, p.times) END,
    CASE WHEN p.order_id <> b.order_id THEN format('it was booked for order %s and stands in order %s', b.order_id, p.order_id) END,
    CASE WHEN b.shipment_id IS NOT NULL AND NOT EXISTS (SELECT FROM event_log e WHERE e.stream_id = 'order-' || b.order_id AND e.version = 1)
      THEN format('its order %s is not there', b.order_id) END,
    CASE WHEN p.shipment_id IS NULL AND NOT EXISTS (SELECT FROM pending w WHERE w.order_id = b.order_id)
      THEN format('order %s never heard of it, and no job tells it', b.order_id) END,
    CASE WHEN p.lines::jsonb <> b.lines::jsonb THEN format('order %s has other lines of it than the courier', p.order_id) END,
    CASE WHEN b.shipment_id IS NOT NULL AND t.code IS NULL THEN format('its tracking code %s is not registered', b.code) END,
    CASE WHEN t.shipment_id <> b.shipment_id OR t.order_id <> b.order_id THEN format('its tracking code %s is registered for shipment %s of order %s', b.code, t.shipment_id, t.order_id) END
  ), '') AS text
  FROM booking b FULL JOIN parcel p ON p.shipment_id = b.shipment_id LEFT JOIN tracking_code t ON t.code = b.code`;

/** Parcels that a courier may still hold though their order is cancelled, or packed anew. */
const unwanted = `
  SELECT b.shipment_id AS key, CASE
    WHEN EXISTS (SELECT FROM event_log e WHERE e.stream_id = 'shipment-' || b.shipment_id AND (e.type = 'ShipmentCancelled' OR e.data->>'milestone' IS NOT NULL)) THEN NULL
    WHEN EXISTS (SELECT FROM pending w WHERE w.order_id = b.order_id) THEN NULL
    ELSE format('shipment %s of order %s', b.shipment_id, b.order_id) END AS text
  FROM booking b JOIN unwanted u USING (shipment_id)`;

/** Each parcel belongs to one order, which has the same lines of it; each booking can be found by its tracking code. */
export async function examineShipments(client: Client): Promise<Examined[]> {
  const belonging = await judgeAll(client, parts, judged);
  const calledOff = await judgeAll(client, parts, unwanted);
  return [{
    check: "shipments", where: "primary", examined: `each parcel is one order's, with its lines and its tracking code, ${inThousands(belonging.examined)} parcels`,
    wrong: "parcels that do not fit their order", problems: belonging.problems, count: belonging.count,
    remedy: "Compare with the courier's books by the booking reference; a missing tracking code can be inserted from ShipmentBooked.",
  }, {
    check: "shipments_called_off", where: "primary", severity: "warn", examined: "no parcel that was called off waits at a courier",
    wrong: "parcels that orders no longer want and that were not called off", problems: calledOff.problems, count: calledOff.count,
    remedy: "The courier would not take them back, or its answer is still to come: see the alert, or call the courier.",
  }];
}
