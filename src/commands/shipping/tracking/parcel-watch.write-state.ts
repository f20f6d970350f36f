import { defineEntity, p } from "@mikro-orm/postgresql";
import { defineWriteState } from "../../../kernel/command.js";
import { writeStateSql } from "../../../platform/postgres/write-state-sql.js";

/** A parcel that news is expected of. Times are RFC 3339 UTC. */
export interface ParcelWatch {
  readonly shipmentId: string;
  readonly orderId: string;
  readonly courierId: string;
  readonly trackingCode: string;
  readonly region: string;
  /** When it was given to the courier, as we say; where nobody did, when it is to be at the latest. */
  readonly handOverBy: string;
  /** Whether a scan has shown it in the courier's hands. */
  readonly seen: boolean;
  /** By our clock; null before the first news. */
  readonly lastNewsAt: string | null;
  /** When it is looked at next. */
  readonly lookAt: string;
  /** Times the courier was asked since the last news. */
  readonly polls: number;
}

export const parcelWatchEntity = defineEntity({
  name: "ParcelWatch",
  properties: {
    shipmentId: p.text().primary().collation("C"),
    orderId: p.text(),
    courierId: p.text(),
    trackingCode: p.text(),
    region: p.text(),
    handOverBy: p.string().columnType("timestamptz"),
    seen: p.boolean(),
    lastNewsAt: p.string().columnType("timestamptz").strictNullable(),
    lookAt: p.string().columnType("timestamptz").index("parcel_watch_look_at"),
    polls: p.integer(),
  },
  indexes: [{ name: "parcel_watch_unseen", expression: "create index parcel_watch_unseen on parcel_watch (hand_over_by) where not seen" }],
});

/** Guarded by the lock of the shipment's stream, which is taken before; the row's own lock keeps the rounds out meanwhile. */
export const parcelWatchState = defineWriteState<ParcelWatch>({
  ...writeStateSql<ParcelWatch>(parcelWatchEntity, { locked: true, erasable: true }),
  rank: 47,
  key: ({ shipmentId }) => shipmentId,
});
