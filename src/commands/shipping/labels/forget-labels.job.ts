import type { Pool } from "pg";
import type { CustomerErased } from "../../../events/customers.js";
import { defineConsumer } from "../../../kernel/consumer.js";
import type { JobHandler } from "../../../platform/jobs/job-handler.js";

export const forgetLabelsConsumer = defineConsumer<CustomerErased>({ queue: "shipping.forget-labels", on: ["CustomerErased"] });

/** Labels that one statement looks at: nobody else waits for long. */
const batchMax = 500;

// A label knows its order, and only the order's first event whose it is: which orders somebody has is written nowhere here.
const batchSql = {
  name: "labels_forget",
  text: `WITH batch AS MATERIALIZED (SELECT shipment_id, order_id FROM label WHERE shipment_id > $1 ORDER BY shipment_id LIMIT $2),
           orders AS MATERIALIZED (
             SELECT stream_id FROM event_log WHERE stream_id = ANY(ARRAY(SELECT 'order-' || order_id FROM batch)) AND version = 1 AND data->>'customerId' = $3),
           gone AS (DELETE FROM label l USING batch b WHERE l.shipment_id = b.shipment_id AND 'order-' || b.order_id IN (SELECT stream_id FROM orders))
         SELECT max(shipment_id) AS last, count(*)::int AS labels FROM batch`,
};

/** A label shows name and address: those of a customer who is forgotten go with him. */
export function forgetLabelsHandler({ pool }: { readonly pool: Pool }): JobHandler<CustomerErased> {
  return async ({ event: { customerId } }, { signal }) => {
    let after: string | undefined = "";
    while (after !== undefined) {
      signal.throwIfAborted();
      after = await forgetBatch(pool, customerId, after);
    }
  };
}

/** @returns where the next batch begins; undefined where there is none */
async function forgetBatch(pool: Pool, customerId: string, after: string): Promise<string | undefined> {
  const { rows: [batch] } = await pool.query<{ last: string; labels: number }>({ ...batchSql, values: [after, batchMax, customerId] });
  return batch?.labels === batchMax ? batch.last : undefined;
}
