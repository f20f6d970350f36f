import type { EventMetadata } from "../../kernel/event.js";
import type { ReadNode } from "../../platform/projector/read-node.js";
import { detailedOrderEvents, detailOf, type DetailedEvent } from "./order-detail.js";
import type { OrderTraceEntryType } from "./order-trace.type.js";

/** Events of a trace, and attempts: an order that goes wrong again and again must not make an endless answer. */
export const historyMax = 1_000;

interface EventOfOrder {
  readonly eventId: string;
  readonly type: string;
  readonly streamId: string;
  readonly version: number;
  readonly metadata: EventMetadata;
  readonly recordedAt: string;
  /** Of events that say more in a word than their type does; null of all others, which may be long. */
  readonly data: object | null;
}

interface AttemptOfOrder {
  readonly jobId: string;
  readonly queue: string;
  readonly attempt: number;
  readonly outcome: string;
  readonly error: string | null;
  readonly startedAt: string;
  readonly endedAt: string;
}

/** The order's events on the node, in the order in which they came. */
export function readEventsOfOrder(node: ReadNode, orderId: string): Promise<readonly EventOfOrder[]> {
  return node.query<EventOfOrder>({
    name: "trace_events",
    text: `SELECT event_id AS "eventId", type, stream_id AS "streamId", version, metadata, recorded_at AS "recordedAt",
             CASE WHEN stream_category IN ('shipment', 'notice') OR type = ANY($3::text[]) THEN data END AS data
           FROM event_log WHERE metadata->>'correlationId' = $1 ORDER BY arrival LIMIT $2`,
    values: [orderId, historyMax + 1, detailedOrderEvents],
  });
}

/** Every attempt of the order's jobs. */
export function readAttemptsOfOrder(node: ReadNode, orderId: string): Promise<readonly AttemptOfOrder[]> {
  return node.query<AttemptOfOrder>({
    name: "trace_attempts",
    text: `SELECT job_id AS "jobId", queue, attempt, outcome, error, started_at AS "startedAt", ended_at AS "endedAt"
           FROM job_attempt WHERE correlation_id = $1 ORDER BY started_at LIMIT $2`,
    values: [orderId, historyMax + 1],
  });
}

export function eventEntry({ eventId, type, streamId, version, metadata, recordedAt, data }: EventOfOrder): OrderTraceEntryType {
  return {
    kind: "EVENT", name: type, at: recordedAt, endedAt: null, outcome: null, error: null, attempt: null, detail: data && detailOf({ ...data, type } as DetailedEvent),
    reference: eventId, actor: metadata.actor, stream: `${streamId} #${version}`,
  };
}

export function attemptEntry({ jobId, queue, attempt, outcome, error, startedAt, endedAt }: AttemptOfOrder): OrderTraceEntryType {
  return { kind: "ATTEMPT", name: queue, at: startedAt, endedAt, outcome, error, attempt, detail: null, reference: jobId, actor: null, stream: null };
}
