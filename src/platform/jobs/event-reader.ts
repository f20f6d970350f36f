import type { Pool } from "pg";
import type { EventJob } from "../../kernel/consumer.js";
import { fold, type StreamType } from "../../kernel/decider.js";
import type { DomainEvent, EventMetadata } from "../../kernel/event.js";
import { batchedRead } from "./batched-read.js";

/** What a consumer's job says: which event. */
export interface EventReference {
  readonly streamId: string;
  readonly version: number;
  readonly correlationId: string;
}

interface EventRow {
  stream_id: string;
  version: number;
  event_id: string;
  type: string;
  data: object;
  metadata: EventMetadata;
  recorded_at: Date;
}

const columns = "e.stream_id, e.version, e.event_id, e.type, e.data, e.metadata, e.recorded_at";

/** Reads the events of a batch of jobs in one query; in no order. */
export async function readEvents(pool: Pool, references: readonly EventReference[]): Promise<ReadonlyMap<string, EventJob>> {
  const { rows } = await pool.query<EventRow>({
    name: "jobs_events",
    text: `SELECT ${columns} FROM unnest($1::text[], $2::int[]) AS r (stream_id, version)
           JOIN event_log e ON e.stream_id = r.stream_id AND e.version = r.version`,
    values: [references.map(({ streamId }) => streamId), references.map(({ version }) => version)],
  });
  return new Map(rows.map((row) => [referenceKey({ streamId: row.stream_id, version: row.version }), toEventJob(row)]));
}

export function referenceKey({ streamId, version }: Pick<EventReference, "streamId" | "version">): string {
  return `${streamId}@${String(version)}`;
}

/** A stream's state, read from the primary without a lock: for a job that has to know where things stand. */
export async function readState<State, Command, Event extends DomainEvent>(
  pool: Pool, type: StreamType<State, Command, Event>, id: string,
): Promise<State> {
  const { rows } = await pool.query<Pick<EventRow, "type" | "data">>({
    name: "jobs_stream",
    text: "SELECT type, data FROM event_log WHERE stream_id = $1 ORDER BY version",
    values: [type.streamId(id)],
  });
  return fold(type.decider, rows.map((row) => ({ type: row.type, ...row.data }) as unknown as Event));
}

/** Tells of a stream whether it holds an event of that type; asked by a batch of jobs at once, it is one query. */
export function streamHas(pool: Pool, eventType: string): (streamId: string) => Promise<boolean> {
  const loader = batchedRead<string, boolean>(async (streamIds) => {
    const { rows } = await pool.query<{ stream_id: string }>({
      name: "jobs_streams_with",
      text: "SELECT DISTINCT stream_id FROM event_log WHERE stream_id = ANY($1::text[]) AND type = $2",
      values: [streamIds, eventType],
    });
    const found = new Set(rows.map((row) => row.stream_id));
    return streamIds.map((streamId) => found.has(streamId));
  });
  return (streamId) => loader.load(streamId);
}

function toEventJob({ stream_id, version, event_id, type, data, metadata, recorded_at }: EventRow): EventJob {
  return {
    eventId: event_id, streamId: stream_id, version, recordedAt: recorded_at.toISOString(),
    correlationId: metadata.correlationId, event: { type, ...data },
  };
}
