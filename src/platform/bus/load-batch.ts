import type { Client, QueryResult, QueryResultRow } from "pg";
import type { RowsRef, StreamRef, WriteState } from "../../kernel/command.js";
import { fold } from "../../kernel/decider.js";
import type { DomainEvent } from "../../kernel/event.js";
import type { Json } from "../../kernel/json.js";
import { groupOf, putInGroups, type BatchState, type StreamInMemory } from "./decide-batch.js";
import { gatherRows, gatherStreams, nameOfRows, type GatheredStreams } from "./gather-needs.js";
import type { PendingCommand } from "./pending-command.js";
import { settlePipeline } from "./pipeline.js";

/** An answer that was given before. */
export interface StoredAnswer {
  readonly payloadHash: string;
  readonly answer: Json;
  readonly position: string;
}

export interface LoadedBatch {
  readonly answers: ReadonlyMap<string, StoredAnswer>;
  readonly state: BatchState;
  /** Keys, by table, that somebody else holds; only where the batch asked not to wait. Streams under `streams`. */
  readonly busy: ReadonlyMap<string, ReadonlySet<string>>;
}

/** How a batch takes its locks. */
export interface LoadMode {
  /** Read streams that commands believe to be new: after a clash of versions. */
  readonly readNewStreams: boolean;
  /** Leave what is locked instead of waiting for it: after a lock timeout, to find out whose it is. */
  readonly skipLocked: boolean;
}

const beginSql = "BEGIN ISOLATION LEVEL READ COMMITTED";
const answersSql = {
  name: "bus_answers",
  text: "SELECT id, payload_hash, answer, position::text FROM command_answer WHERE id = ANY($1::uuid[])",
};
// Sorted by the lock's own number, so that two names with one hash cannot turn the order around.
const lockStreamsSql = {
  name: "bus_lock_streams",
  text: `SELECT pg_advisory_xact_lock(n)
         FROM (SELECT DISTINCT hashtextextended(s, 0) AS n FROM unnest($1::text[]) s ORDER BY 1) locks`,
};
const tryLockStreamsSql = {
  name: "bus_try_lock_streams",
  text: `SELECT s AS key FROM unnest($1::text[]) s WHERE NOT pg_try_advisory_xact_lock(hashtextextended(s, 0))`,
};
const streamsSql = {
  name: "bus_streams",
  text: `SELECT stream_id, version, type, data, position::text, recorded_at FROM event_log
         WHERE stream_id = ANY($1::text[]) ORDER BY stream_id, version`,
};
// A statement of its own: the clock read inside a waiting FOR UPDATE is stale by the wait.
const clockSql = { name: "bus_clock", text: "SELECT clock_timestamp() AS now" };

interface AnswerRow extends QueryResultRow { id: string; payload_hash: string; answer: Json; position: string }
interface EventRow extends QueryResultRow { stream_id: string; version: number; type: string; data: object; position: string; recorded_at: Date }

/** Opens the transaction, takes all locks in the one order, and reads what the commands need. */
export async function loadBatch(client: Client, commands: readonly PendingCommand[], mode: LoadMode): Promise<LoadedBatch> {
  const needs = gatherStreams(commands, mode.readNewStreams);
  const busy = new Map<string, ReadonlySet<string>>();
  // Rows that only the streams can name cost a second round trip; without them all goes in one.
  const waitsForStreams = commands.some(({ definition }) => definition.rowsOf !== undefined);
  const head = sendHead(client, commands, [...needs.existing.keys()], mode);
  const streams = new Map<string, StreamInMemory>();
  if (!waitsForStreams) {
    const refs = gatherRows(commands, null);
    const results = await settlePipeline([...head, ...sendRows(client, refs, mode)]);
    const answers = readHead(results.slice(0, head.length), needs, streams, busy, mode);
    return { answers, busy, state: readRows(results.slice(head.length), refs, streams, busy, mode) };
  }
  const answers = readHead(await settlePipeline(head), needs, streams, busy, mode);
  const refs = gatherRows(commands, streams);
  const results = await settlePipeline(sendRows(client, refs, mode));
  return { answers, busy, state: readRows(results, refs, streams, busy, mode) };
}

function sendHead(client: Client, commands: readonly PendingCommand[], streamIds: readonly string[], { skipLocked }: LoadMode): Promise<QueryResult>[] {
  const queries: Promise<QueryResult>[] = [
    client.query(beginSql),
    client.query({ ...answersSql, values: [commands.map(({ commandId }) => commandId)] }),
  ];
  if (streamIds.length > 0) {
    queries.push(client.query({ ...(skipLocked ? tryLockStreamsSql : lockStreamsSql), values: [streamIds] }));
    queries.push(client.query({ ...streamsSql, values: [streamIds] }));
  }
  return queries;
}

function readHead(
  [, answers, locked, events]: readonly QueryResult[], needs: GatheredStreams,
  streams: Map<string, StreamInMemory>, busy: Map<string, ReadonlySet<string>>, { skipLocked }: LoadMode,
): ReadonlyMap<string, StoredAnswer> {
  if (locked && skipLocked) busy.set("streams", new Set((locked.rows as { key: string }[]).map(({ key }) => key)));
  if (events) foldStreams(needs.existing, events.rows as EventRow[], streams);
  for (const ref of needs.fresh) {
    const streamId = ref.type.streamId(ref.id);
    if (!streams.has(streamId)) streams.set(streamId, emptyStream(ref));
  }
  return new Map((answers?.rows as AnswerRow[]).map((row) => [row.id, {
    payloadHash: row.payload_hash, answer: row.answer, position: row.position,
  }]));
}

function sendRows(client: Client, refs: readonly RowsRef[], mode: LoadMode): Promise<QueryResult>[] {
  const seen = mode.skipLocked ? refs.filter(locks) : [];
  return [
    ...seen.map((ref) => client.query(seenQuery(ref))),
    ...refs.map((ref) => client.query(rowsQuery(ref, mode))),
    client.query(clockSql),
  ];
}

function readRows(
  results: readonly QueryResult[], refs: readonly RowsRef[], streams: Map<string, StreamInMemory>,
  busy: Map<string, ReadonlySet<string>>, { skipLocked }: LoadMode,
): BatchState {
  const rows = new Map<string, Map<string, object>>();
  const groups: BatchState["groups"] = new Map();
  for (const ref of refs) if (ref.group !== undefined) groups.set(nameOfRows(ref), new Map());
  const seenRefs = skipLocked ? refs.filter(locks) : [];
  const seen = new Map(seenRefs.map((ref, index) => [ref, keysIn(ref.state as WriteState<object>, results[index])]));
  for (const [index, ref] of refs.entries()) {
    const state = ref.state as WriteState<object>;
    const known = rows.get(state.table) ?? new Map<string, object>();
    rows.set(state.table, known);
    const found = new Set<string>();
    for (const row of results[seenRefs.length + index]?.rows as object[]) {
      const key = state.key(row);
      found.add(key);
      known.set(key, row);
      putInGroups({ groups }, state, key, row);
    }
    // There and not to be had: somebody else holds it.
    const held = seen.get(ref)?.filter((key) => !found.has(key));
    if (held) busy.set(state.table, new Set(held));
  }
  const [clock] = results.at(-1)?.rows as { now: Date }[];
  if (!clock) throw new Error("the primary did not tell the time");
  return { streams, rows, groups, changed: new Map(), now: clock.now.toISOString() };
}

function rowsQuery(ref: RowsRef, { skipLocked }: LoadMode): { name: string; text: string; values: unknown[] } {
  const skips = skipLocked && locks(ref);
  return {
    name: `bus_${skips ? "try" : "rows"}_${nameOfRows(ref)}`,
    text: skips ? `${loadSqlOf(ref)} SKIP LOCKED` : loadSqlOf(ref),
    values: [ref.keys],
  };
}

/** Which of the rows are there, whoever holds them: asked first, so that a row that is made meanwhile is not taken for held. */
function seenQuery(ref: RowsRef): { name: string; text: string; values: unknown[] } {
  return { name: `bus_seen_${nameOfRows(ref)}`, text: loadSqlOf(ref).replace(forUpdate, ""), values: [ref.keys] };
}

function loadSqlOf({ state, group }: RowsRef): string {
  const typed = state as WriteState<object>;
  return group === undefined ? typed.loadSql : groupOf(typed, group).loadSql;
}

function keysIn(state: WriteState<object>, result: QueryResult | undefined): readonly string[] {
  return (result?.rows as object[]).map((row) => state.key(row));
}

const forUpdate = /\s*FOR UPDATE\s*$/;

function locks(ref: RowsRef): boolean {
  return forUpdate.test(loadSqlOf(ref));
}

function emptyStream({ type }: StreamRef): StreamInMemory {
  return { category: type.category, state: type.decider.initial, version: 0, headPosition: "0", begunAt: null };
}

function foldStreams(refs: ReadonlyMap<string, StreamRef>, rows: readonly EventRow[], into: Map<string, StreamInMemory>): void {
  const events = new Map<string, EventRow[]>();
  for (const row of rows) {
    const stream = events.get(row.stream_id);
    if (stream) stream.push(row);
    else events.set(row.stream_id, [row]);
  }
  for (const [streamId, ref] of refs) {
    const stream = events.get(streamId) ?? [];
    const last = stream.at(-1);
    into.set(streamId, {
      category: ref.type.category,
      state: fold(ref.type.decider, stream.map(({ type, data }): DomainEvent => ({ type, ...data }))),
      version: last?.version ?? 0,
      headPosition: last?.position ?? "0",
      begunAt: stream[0]?.recorded_at.toISOString() ?? null,
    });
  }
}
