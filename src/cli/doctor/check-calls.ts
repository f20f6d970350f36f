import type { Client } from "pg";
import { bookConsumer } from "../../commands/shipping/book.job.js";
import { callOffConsumer } from "../../commands/shipping/call-off.job.js";
import { settleConsumer } from "../../commands/shipping/settle.job.js";
import { voidSurplusConsumer } from "../../commands/shipping/void-surplus.job.js";
import { attemptsKept } from "../../platform/jobs/clean-up.js";
import { inThousands, type Examined } from "./finding.js";
import { judgeAll } from "./law-query.js";

/**
 * The last that was said of each attempt, and of calling a label off. A dead letter counts as a job: somebody is told of it, and can redrive it. One
 * that was discarded is found by its attempts, which are kept for a while: what is older than that was told of for as long.
 */
const parts = `
  job AS MATERIALIZED (
    SELECT regexp_replace(name, '[.]dead$', '') AS queue, data->>'streamId' AS stream_id, data->>'version' AS version, data->>'correlationId' AS order_id
    FROM pgboss.job WHERE state IN ('created', 'retry', 'active') AND regexp_replace(name, '[.]dead$', '') = ANY($1::text[])
  ),
  discarded AS MATERIALIZED (
    SELECT DISTINCT a.queue, a.correlation_id AS order_id FROM event_log e JOIN job_attempt a ON a.job_id::text = e.data->>'jobId'
    WHERE e.type = 'DeadLetterDiscarded' AND a.queue = ANY($1::text[])
  ),
  fact AS MATERIALIZED (
    SELECT stream_id, version, type, recorded_at, data->>'attempt' AS attempt, data->>'courierId' AS courier_id, data->>'orderId' AS order_id,
      format('shipment %s of order %s', data->>'shipmentId', data->>'orderId') AS parcel,
      CASE type WHEN 'ShipmentAttempted' THEN '${bookConsumer.queue}' WHEN 'ShipmentSurplusFound' THEN '${voidSurplusConsumer.queue}'
        WHEN 'ShipmentVoidRequested' THEN '${callOffConsumer.queue}' WHEN 'ShipmentAttemptFailed' THEN CASE WHEN (data->>'inDoubt')::boolean THEN '${settleConsumer.queue}' END END AS queue
    FROM event_log
    WHERE type IN ('ShipmentAttempted', 'ShipmentAttemptFailed', 'ShipmentAttemptSettled', 'ShipmentSurplusFound', 'ShipmentBooked', 'ShipmentVoidRequested', 'ShipmentVoidRefused', 'ShipmentCancelled')
  ),
  last AS (
    SELECT DISTINCT ON (stream_id, attempt) * FROM fact WHERE type NOT IN ('ShipmentVoidRequested', 'ShipmentVoidRefused', 'ShipmentCancelled') ORDER BY stream_id, attempt, version DESC
  ),
  voiding AS (
    SELECT DISTINCT ON (stream_id) * FROM fact WHERE type IN ('ShipmentVoidRequested', 'ShipmentVoidRefused', 'ShipmentCancelled') ORDER BY stream_id, version DESC
  )`;

/** Who asks couriers, and who calls labels off, works for an order; the others for the event. */
const judged = `
  SELECT stream_id || '/' || coalesce(attempt, '') AS key, CASE
    WHEN queue IS NULL OR recorded_at < now() - $2 * interval '1 hour' THEN NULL
    WHEN EXISTS (SELECT FROM discarded d WHERE d.queue = f.queue AND d.order_id = f.order_id) THEN NULL
    WHEN EXISTS (SELECT FROM job j WHERE j.queue = f.queue AND j.order_id = f.order_id
      AND (type IN ('ShipmentAttempted', 'ShipmentVoidRequested') OR (j.stream_id = f.stream_id AND j.version = f.version::text))) THEN NULL
    WHEN type = 'ShipmentVoidRequested' THEN format('%s is to be called off, and no job asks its courier to', parcel)
    ELSE format('%s: attempt %s at %s %s', parcel, attempt, courier_id, CASE type WHEN 'ShipmentAttempted' THEN 'is under way, and no job ends it'
      WHEN 'ShipmentAttemptFailed' THEN 'is in doubt, and no job asks after it' ELSE 'made a label too many, and no job calls it off' END)
    END AS text
  FROM (SELECT * FROM last UNION ALL SELECT * FROM voiding) f`;

const queues = [bookConsumer, settleConsumer, voidSurplusConsumer, callOffConsumer].map(({ queue }) => queue);

/** Each call to a courier that may have made a label has a job, or its dead letter, that finds out: otherwise a parcel has two, or an order's label is forgotten. */
export async function examineCalls(client: Client): Promise<Examined> {
  const { examined, count, problems } = await judgeAll(client, parts, judged, [queues, attemptsKept.hours]);
  return {
    check: "courier_calls", where: "primary", examined: `each call to a courier that is not over has a job that ends it, ${inThousands(examined)} calls`,
    wrong: "calls to couriers that nobody ends", problems, count,
    remedy: "Ask the courier for labels of the shipment, and have all but the parcel's own voided.",
  };
}
