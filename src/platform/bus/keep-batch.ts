import type { Client, QueryResult } from "pg";
import type { Consumer } from "../../kernel/consumer.js";
import { jobIdFor, newId } from "../../kernel/ids.js";
import type { BatchState, Decision, NewEvent } from "./decide-batch.js";
import { settlePipeline } from "./pipeline.js";

/** Who has to act on which type of event. */
export type ConsumersByType = ReadonlyMap<string, readonly Consumer[]>;

const parameters = Array.from({ length: 16 }, (_, index) => `$${String(index + 1)}`).join(", ");
const keepSql = { name: "bus_keep", text: `SELECT keep_batch(${parameters})::text AS position` };

/** The server answered COMMIT with ROLLBACK: the transaction had failed before. */
class RolledBack extends Error {
  override readonly name = "RolledBack";
  readonly code = "40001";
}

/**
 * Writes events, answers, jobs and changed rows set-based and commits: one round trip.
 * @returns position of the last event, decimal; null where there was none
 */
export async function keepBatch(
  client: Client, decisions: readonly Decision[], state: BatchState, consumers: ConsumersByType,
): Promise<string | null> {
  const queries: Promise<QueryResult>[] = [];
  if (decisions.length > 0) queries.push(client.query({ ...keepSql, values: writesOf(decisions, state.now, consumers) }));
  for (const [table, keys] of state.changed) {
    if (!table.saveSql) continue; // `put` lets no such row through
    const rows = state.rows.get(table.table);
    const changed = [...keys].sort().map((key) => rows?.get(key));
    queries.push(client.query({ name: `bus_save_${table.table}`, text: table.saveSql, values: [JSON.stringify(changed)] }));
  }
  queries.push(client.query("COMMIT"));
  const results = await settlePipeline(queries);
  if (results.at(-1)?.command !== "COMMIT") throw new RolledBack("the transaction had been rolled back");
  if (decisions.length === 0) return null;
  return (results[0]?.rows as { position: string | null }[])[0]?.position ?? null;
}

/** The arguments of `keep_batch`: one array a column. */
function writesOf(decisions: readonly Decision[], now: string, consumers: ConsumersByType): unknown[] {
  const [ids, categories, streamIds, versions, types, datas, metadatas]: [string[], string[], string[], number[], string[], string[], string[]] = [[], [], [], [], [], [], []];
  const jobs = new JobColumns();
  for (const { events } of decisions) {
    for (const kept of events) {
      const eventId = newId();
      const { type, ...data } = kept.event;
      ids.push(eventId);
      categories.push(kept.category);
      streamIds.push(kept.streamId);
      versions.push(kept.version);
      types.push(type);
      datas.push(jsonText(data));
      metadatas.push(jsonText(kept.metadata));
      for (const consumer of consumers.get(type) ?? []) jobs.add(consumer, kept, eventId);
    }
  }
  return [
    now, ids, categories, streamIds, versions, types, jsonArray(datas), jsonArray(metadatas),
    decisions.map(({ command }) => command.commandId),
    decisions.map(({ command }) => command.payloadHash),
    jsonArray(decisions.map(({ answer, refusal }) => jsonText({ answer, refusal }))),
    decisions.map(({ events, headPosition }) => (events.length === 0 ? headPosition : null)),
    jobs.ids, jobs.queues, jsonArray(jobs.datas), jobs.delays,
  ];
}

/** The jobs of a batch, a column each. A job names its event and carries nothing of it: the worker reads a batch of events in one query. */
class JobColumns {
  readonly ids: string[] = [];
  readonly queues: string[] = [];
  readonly datas: string[] = [];
  readonly delays: number[] = [];

  add({ queue, when, delaySeconds }: Consumer, { streamId, version, metadata: { correlationId }, event }: NewEvent, eventId: string): void {
    if (when && !when(event)) return;
    this.ids.push(jobIdFor(eventId, queue));
    this.queues.push(queue);
    this.datas.push(JSON.stringify({ streamId, version, correlationId }));
    this.delays.push(delaySeconds?.(event) ?? 0);
  }
}

/** Text that a `json` column would take and nobody could ever read out of it in SQL. Its SQLSTATE is the one `jsonb` gives. */
class UnreadableText extends Error {
  override readonly name = "UnreadableText";
  readonly code = "22P05";
}

/** NUL, and half a surrogate pair, as JSON escapes them; an even number of backslashes before it is text. */
const unreadable = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

/** @throws UnreadableText, which makes its command the poisoned one of its batch */
function jsonText(value: object): string {
  const text = JSON.stringify(value);
  if (text.includes("\\u") && unreadable.test(text)) throw new UnreadableText("a text holds NUL or half a character, which PostgreSQL cannot keep");
  return text;
}

/**
 * JSON texts as a literal of a PostgreSQL array. An array literal escapes quotes and backslashes as JSON does, and a
 * JSON text has no other character that JSON would escape: so the two agree, and the engine's own quick code does it.
 */
function jsonArray(texts: readonly string[]): string {
  return `{${JSON.stringify(texts).slice(1, -1)}}`;
}
