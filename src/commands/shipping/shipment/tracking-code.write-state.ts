import { defineEntity, p } from "@mikro-orm/postgresql";
import { defineWriteState } from "../../../kernel/command.js";
import { writeStateSql } from "../../../platform/postgres/write-state-sql.js";

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

export const trackingCodeEntity = defineEntity({
  name: "TrackingCode",
  properties: { code: p.text().primary().collation("C"), shipmentId: p.text(), orderId: p.text() },
});

/** Written with the booking, and read without a lock. Carriers use their codes again after a year or so: it stands for the parcel that was booked last. */
export const trackingCodeState = defineWriteState<TrackingCode>({
  ...writeStateSql<TrackingCode>(trackingCodeEntity),
  rank: 30,
  key: ({ code }) => code,
});
