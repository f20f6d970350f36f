import type { DomainEvent, EventMetadata, RecordedEvent } from "../../kernel/event.js";

/** An event as a node's log gives it; see `eventColumns`. */
export interface EventLogRow {
  readonly arrival: number;
  readonly position: string;
  readonly event_id: string;
  readonly stream_category: string;
  readonly stream_id: string;
  readonly version: number;
  readonly type: string;
  readonly schema_version: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: EventMetadata;
  readonly recorded_at: string;
}

/** Brings an older event's data into today's shape. */
export type Upcast = (type: string, schemaVersion: number, data: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;

/** What a query of `event_log e` must select for `decodeEvent`. */
export const eventColumns =
  "e.arrival, e.position::text, e.event_id, e.stream_category, e.stream_id, e.version, e.type, e.schema_version, e.data, e.metadata, e.recorded_at";

export function decodeEvent(row: EventLogRow, upcast?: Upcast): RecordedEvent {
  const data = upcast ? upcast(row.type, row.schema_version, row.data) : row.data;
  const event: DomainEvent = { ...data, type: row.type };
  return {
    position: row.position, eventId: row.event_id, streamCategory: row.stream_category, streamId: row.stream_id,
    version: row.version, event, metadata: row.metadata, recordedAt: row.recorded_at,
  };
}
