import type { Client } from "pg";
import type { BuildKey, FoldTarget } from "./build.js";
import type { LoggedEvent } from "./log-page.js";

/** The streams of these that have parked events with a build; their later events must wait behind those. */
export async function parkedStreams(client: Client, { build }: FoldTarget, events: readonly LoggedEvent[]): Promise<ReadonlySet<string>> {
  if (build.parked === 0) return new Set();
  const { rows } = await client.query<{ stream_id: string }>({
    name: "projector_parked_streams",
    text: `SELECT DISTINCT stream_id FROM read.parked_event
           WHERE projection = $1 AND version = $2 AND build = $3 AND stream_id = ANY($4::text[])`,
    values: [build.name, build.version, build.build, [...new Set(events.map(({ recorded }) => recorded.streamId))]],
  });
  return new Set(rows.map((row) => row.stream_id));
}

/** An event that waits, with its error, or without one where it only stands behind another of its stream. */
export interface ParkedEvent {
  readonly event: LoggedEvent;
  readonly error: string | null;
}

/** Puts events on the list of their streams, in the transaction that moves the checkpoint past them. */
export async function park(client: Client, { name, version, build }: BuildKey, parked: readonly ParkedEvent[]): Promise<void> {
  if (parked.length === 0) return;
  const rows = parked.map(({ event: { arrival, recorded }, error }) => ({ stream_id: recorded.streamId, position: recorded.position, arrival, error }));
  await client.query({
    name: "projector_park",
    text: `WITH added AS (
             INSERT INTO read.parked_event (projection, version, build, stream_id, position, arrival, error)
             SELECT $1, $2, $3, p.stream_id, p.position, p.arrival, p.error
             FROM json_to_recordset($4::json) AS p (stream_id text, position bigint, arrival bigint, error text)
             RETURNING 1
           ) UPDATE read.projection SET parked = parked + (SELECT count(*) FROM added) WHERE name = $1 AND version = $2 AND build = $3`,
    values: [name, version, build, JSON.stringify(rows)],
  });
}

/** Splits a page's events: those to fold, and those that join the list of their parked stream. */
export function splitParked(events: readonly LoggedEvent[], streams: ReadonlySet<string>): { fold: readonly LoggedEvent[]; join: readonly ParkedEvent[] } {
  if (streams.size === 0) return { fold: events, join: [] };
  return {
    fold: events.filter(({ recorded }) => !streams.has(recorded.streamId)),
    join: events.filter(({ recorded }) => streams.has(recorded.streamId)).map((event) => ({ event, error: null })),
  };
}

export function messageOf(error: unknown): string {
  return (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, 2_000);
}
