import { isDeepStrictEqual } from "node:util";
import type { Client } from "pg";
import type { Rows } from "../../kernel/projection.js";
import type { RecordedEvent } from "../../kernel/event.js";
import { quoteRelation, type Build } from "../../platform/projector/build.js";
import { decodeEvent, eventColumns, type EventLogRow } from "../../platform/projector/event-row.js";
import type { LoggedEvent } from "../../platform/projector/log-page.js";
import { RowBatch, type AnyRow } from "../../platform/projector/row-batch.js";
import { loadRows } from "../../platform/projector/row-store.js";
import type { ReadTable } from "../../platform/projector/read-table.js";

type Handler = ((event: unknown, rows: Rows<AnyRow>, recorded: RecordedEvent) => void) | "ignored" | undefined;

const fetchSize = 250;
/** Streams folded, and in memory, before their rows are compared with the live ones. */
const chunkStreams = 250;

/** A stream's events as the node has them, in the order of their versions. */
export interface Stream {
  readonly streamId: string;
  readonly category: string;
  readonly events: readonly LoggedEvent[];
}

/** The node's whole log, stream by stream, read once by the index of streams and versions. */
export async function* chunksOfStreams(client: Client): AsyncGenerator<readonly Stream[]> {
  await client.query(`DECLARE doctor_log NO SCROLL CURSOR FOR SELECT ${eventColumns} FROM event_log e ORDER BY e.stream_id, e.version`);
  let chunk: { streamId: string; category: string; events: LoggedEvent[] }[] = [];
  for (;;) {
    const { rows } = await client.query<EventLogRow>(`FETCH ${fetchSize} FROM doctor_log`);
    for (const row of rows) {
      const event = { arrival: row.arrival, recorded: decodeEvent(row) };
      const last = chunk.at(-1);
      if (last?.streamId === row.stream_id) {
        last.events.push(event);
        continue;
      }
      if (chunk.length >= chunkStreams) {
        yield chunk;
        chunk = [];
      }
      chunk.push({ streamId: row.stream_id, category: row.stream_category, events: [event] });
    }
    if (rows.length < fetchSize) break;
  }
  if (chunk.length > 0) yield chunk;
  await client.query("CLOSE doctor_log");
}

/**
 * One projection folded stream by stream, in memory, and compared chunk by chunk with its live rows. That is the
 * fold of the log where each row comes of one stream, or does not mind the order of streams; where it proves nothing
 * (`proven` is false) the exact and slower `verifyProjection` has to tell.
 */
export class StreamFold {
  proven = true;
  /** Keys whose live rows are others. */
  readonly differences: string[] = [];
  rowCount = 0;
  /** Of a projection that folds many streams into one row; null while it seems to be of the other kind. */
  #shared: RowBatch | null = null;

  constructor(readonly table: ReadTable, readonly live: Build, private readonly parked: ReadonlySet<string>) {}

  async add(client: Client, chunk: readonly Stream[]): Promise<void> {
    const { projection } = this.table;
    const streams = chunk.filter(({ category }) => this.proven && projection.categories.includes(category));
    if (streams.length === 0) return;
    try {
      if (this.#shared === null && this.rowCount === 0 && this.#isShared(streams)) this.#shared = new RowBatch(projection.key, []);
      const batch = this.#shared ?? new RowBatch(projection.key, []);
      for (const stream of streams) for (const event of this.#own(stream)) this.#fold(event, batch);
      if (this.#shared === null) await this.#compare(client, batch);
    } catch {
      this.proven = false; // `verifyProjection` says what it is
    }
  }

  async finish(client: Client): Promise<void> {
    if (this.#shared && this.proven) await this.#compare(client, this.#shared);
    const { rows: [live] } = await client.query<{ count: number }>(`SELECT count(*) AS count FROM ${quoteRelation(this.live.tableName)}`);
    if (live?.count !== this.rowCount || this.differences.length > 0) this.proven = false;
  }

  #own({ events }: Stream): readonly LoggedEvent[] {
    const { on } = this.table.projection;
    return events.filter(({ arrival, recorded }) =>
      arrival <= this.live.checkpoint && on[recorded.event.type] !== "ignored" && !this.parked.has(recorded.position));
  }

  #isShared(streams: readonly Stream[]): boolean {
    const owners = new Map<string, string>();
    for (const stream of streams) {
      for (const { recorded } of this.#own(stream)) {
        for (const key of this.table.projection.touches(recorded.event, recorded)) {
          if ((owners.get(key) ?? stream.streamId) !== stream.streamId) return true;
          owners.set(key, stream.streamId);
        }
      }
    }
    return false;
  }

  #fold({ recorded }: LoggedEvent, batch: RowBatch): void {
    const { projection } = this.table;
    const handler = projection.on[recorded.event.type] as Handler;
    if (typeof handler !== "function") throw new Error(`the event type ${recorded.event.type} is not known`);
    batch.begin(projection.touches(recorded.event, recorded));
    handler(recorded.event, batch, recorded);
  }

  async #compare(client: Client, batch: RowBatch): Promise<void> {
    const { put } = batch.changes();
    this.rowCount += put.length;
    const { key } = this.table;
    const live = await loadRows(client, this.table, quoteRelation(this.live.tableName), put.map((row) => String(row[key.property])));
    const byKey = new Map(live.map((row) => [String(row[key.property]), row]));
    for (const row of put) {
      const name = String(row[key.property]);
      if (!this.#same(row, byKey.get(name))) this.differences.push(name);
    }
  }

  /** As JSON knows it, which is how rows are written: an absent property is a null. */
  #same(row: AnyRow, live: AnyRow | undefined): boolean {
    if (!live) return false;
    return this.table.columns.every(({ property }) => {
      const [one, other] = [row[property] ?? null, live[property] ?? null];
      return one === other || isDeepStrictEqual(typeof one === "object" && one !== null ? JSON.parse(JSON.stringify(one)) : one, other);
    });
  }
}
