import type { Pool } from "pg";
import { batchedRead } from "../../platform/jobs/batched-read.js";

interface TurnRow {
  stream_id: string;
  type: string;
  packing: string | null;
}

// What turns an order's packing: most orders have none of these.
const turns = ["OrderCancelled", "OrderReinstated", "OrderPutOnHold", "OrderResumed", "OrderLinesCancelled"];

/** Which packing of an order couriers may be given now; null while it is on hold, and once it was called off. */
export function wantedPackingReader(pool: Pool): (streamId: string) => Promise<number | null> {
  const loader = batchedRead<string, number | null>(async (streamIds) => {
    const { rows } = await pool.query<TurnRow>({
      name: "shipping_wanted_packing",
      text: "SELECT stream_id, type, data->>'packing' AS packing FROM event_log WHERE stream_id = ANY($1::text[]) AND type = ANY($2::text[]) ORDER BY stream_id, version",
      values: [[...new Set(streamIds)], turns],
    });
    return streamIds.map((streamId) => wanted(rows.filter(({ stream_id }) => stream_id === streamId)));
  });
  return (streamId) => loader.load(streamId);
}

function wanted(rows: readonly TurnRow[]): number | null {
  let [packing, calledOff, onHold] = [1, false, false];
  for (const row of rows) {
    if (row.packing !== null) packing = Number(row.packing);
    if (row.type === "OrderCancelled") [calledOff, onHold] = [true, false];
    if (row.type === "OrderReinstated") calledOff = false;
    if (row.type === "OrderPutOnHold") onHold = true;
    if (row.type === "OrderResumed") onHold = false;
  }
  return calledOff || onHold ? null : packing;
}
