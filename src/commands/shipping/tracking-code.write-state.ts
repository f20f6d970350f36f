import { defineWriteState } from "../../kernel/command.js";

/** Which shipment a courier's tracking code stands for. */
export interface TrackingCode {
  /** `<courier>/<code>`. */
  readonly code: string;
  readonly shipmentId: string;
  readonly orderId: string;
}

export function trackingKey(courierId: string, code: string): string {
  return `${courierId}/${code}`;
}

/** Written once with the booking, never changed: read without a lock. */
export const trackingCodeState = defineWriteState<TrackingCode>({
  table: "tracking_code",
  rank: 30,
  loadSql: `SELECT code, shipment_id AS "shipmentId", order_id AS "orderId" FROM tracking_code WHERE code = ANY($1::text[])`,
  saveSql: `INSERT INTO tracking_code (code, shipment_id, order_id)
    SELECT "code", "shipmentId", "orderId" FROM json_to_recordset($1::json) AS r ("code" text, "shipmentId" text, "orderId" text)
    ON CONFLICT (code) DO NOTHING`,
  key: ({ code }) => code,
});
