import type { Pool } from "pg";
import type { ShipmentEvent } from "../../events/shipping.js";
import { fold } from "../../kernel/decider.js";
import { batchedRead } from "../../platform/jobs/batched-read.js";
import type { Shipment } from "./shipment/shipment-state.js";
import { shipmentStream } from "./shipment/shipment.decider.js";

/** A parcel as it stands, and for how long, by the primary's clock. */
export interface KnownParcel {
  readonly shipment: Shipment;
  /** Since the attempt under way was begun; null where none is. */
  readonly openSeconds: number | null;
  /** Since a courier was first looked for; 0 where none was. */
  readonly searchSeconds: number;
}

interface EventRow {
  stream_id: string;
  type: string;
  data: object;
  age: number;
}

/** Parcels by their ids, read without a lock; those of a batch of jobs in one query. */
export function parcelReader(pool: Pool): (shipmentId: string) => Promise<KnownParcel> {
  const loader = batchedRead<string, KnownParcel>(async (shipmentIds) => {
    const streamIds = shipmentIds.map((id) => shipmentStream.streamId(id));
    const { rows } = await pool.query<EventRow>({
      name: "shipping_parcels",
      text: `SELECT stream_id, type, data, extract(epoch FROM clock_timestamp() - recorded_at)::float8 AS age
             FROM event_log WHERE stream_id = ANY($1::text[]) ORDER BY stream_id, version`,
      values: [[...new Set(streamIds)]],
    });
    const events = Map.groupBy(rows, ({ stream_id }) => stream_id);
    return streamIds.map((streamId) => toParcel(events.get(streamId) ?? []));
  });
  return (shipmentId) => loader.load(shipmentId);
}

function toParcel(rows: readonly EventRow[]): KnownParcel {
  const shipment = fold(shipmentStream.decider, rows.map(({ type, data }) => ({ type, ...data }) as ShipmentEvent));
  const isOpen = shipment.attempts.some(({ state }) => state === "open");
  return {
    shipment,
    openSeconds: isOpen ? rows.findLast(({ type }) => type === "ShipmentAttempted")?.age ?? null : null,
    searchSeconds: rows[0]?.age ?? 0,
  };
}
