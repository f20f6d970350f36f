import type { ClientBase, Pool } from "pg";
import { newId } from "../../src/kernel/ids.js";
import { until } from "./until.js";

export interface LogRow {
  readonly position: string;
  readonly stream_id: string;
  readonly version: number;
}

export interface ArrivedRow extends LogRow {
  readonly arrival: string;
}

type Queryable = Pick<ClientBase | Pool, "query">;

/** Appends events `from`, `from + 1` … `from + count - 1` of a stream. */
export async function append(client: Queryable, streamId: string, from: number, count = 1): Promise<void> {
  const events = Array.from({ length: count }, (_, index) => ({
    event_id: newId(), stream_category: "order", stream_id: streamId, version: from + index, type: "SomethingHappened",
    data: {}, metadata: { actor: "system:test", command: "test", correlationId: streamId, causationId: "test" }, recorded_at: new Date().toISOString(),
  }));
  await client.query(`INSERT INTO event_log (event_id, stream_category, stream_id, version, type, data, metadata, recorded_at)
    SELECT * FROM json_to_recordset($1) AS e (event_id uuid, stream_category text, stream_id text, version integer, type text, data json, metadata json, recorded_at timestamptz)`, [JSON.stringify(events)]);
}

export async function primaryRows(client: Queryable): Promise<LogRow[]> {
  return (await client.query<LogRow>("SELECT position::text, stream_id, version FROM event_log ORDER BY event_log.position")).rows;
}

export async function arrivedRows(client: Queryable): Promise<ArrivedRow[]> {
  return (await client.query<ArrivedRow>("SELECT position::text, stream_id, version, arrival::text FROM event_log ORDER BY event_log.arrival")).rows;
}

/** Waits until the node holds as many events as the primary. */
export async function caughtUp(node: Queryable, primary: Queryable): Promise<void> {
  await until("the node holds every event", async () => await count(node) === await count(primary));
}

async function count(client: Queryable): Promise<string> {
  return (await client.query<{ count: string }>("SELECT count(*) FROM event_log")).rows[0]?.count ?? "";
}

/** The first row, in the order given, whose stream skips or goes back; undefined where versions run 1, 2, 3 … */
export function firstGap(rows: readonly LogRow[]): LogRow | undefined {
  const versions = new Map<string, number>();
  return rows.find(({ stream_id, version }) => {
    const expected = (versions.get(stream_id) ?? 0) + 1;
    versions.set(stream_id, version);
    return version !== expected;
  });
}

/** The order in which a projection folds: by position up to the mark, by arrival after it. */
export function foldingOrder(rows: readonly ArrivedRow[], mark: string): ArrivedRow[] {
  const copied = rows.filter(({ arrival }) => BigInt(arrival) <= BigInt(mark));
  const streamed = rows.filter(({ arrival }) => BigInt(arrival) > BigInt(mark));
  return [...copied.sort((one, other) => Number(BigInt(one.position) - BigInt(other.position))), ...streamed];
}

/** Keeps appending to `streams` streams from `writers` connections at once, until `stop` is called; resolves to nothing. */
export function load(pool: Pool, writers: number, streams: number): { stop(): Promise<void> } {
  let stopped = false;
  const versions = new Map<string, number>();
  const busy = new Set<string>();
  const writer = async (): Promise<void> => {
    while (!stopped) {
      const free = Array.from({ length: streams }, (_, index) => `order-load${String(index)}`).filter((stream) => !busy.has(stream));
      const stream = free[Math.floor(Math.random() * free.length)];
      if (stream === undefined) throw new Error("more writers than streams");
      busy.add(stream);
      const version = versions.get(stream) ?? 0;
      await append(pool, stream, version + 1, 3);
      versions.set(stream, version + 3);
      busy.delete(stream);
    }
  };
  const writing = Promise.all(Array.from({ length: writers }, writer));
  return { stop: async () => { stopped = true; await writing; } };
}
