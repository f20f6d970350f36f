import type { Client, QueryResult } from "pg";
import type { Consumer } from "../../kernel/consumer.js";
import { jobIdFor, newId } from "../../kernel/ids.js";
import type { BatchState, Decision, NewEvent } from "./decide-batch.js";
import { settlePipeline } from "./pipeline.js";

/** Who has to act on which type of event. */
export type ConsumersByType = ReadonlyMap<string, readonly Consumer[]>;

const keepSql = { name: "bus_keep", text: "SELECT keep_batch($1::json, $2::json, $3::json)::text AS position" };

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
    if (!table.saveSql) throw new Error(`${table.table} was changed and has no saveSql`);
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

function writesOf(decisions: readonly Decision[], now: string, consumers: ConsumersByType): string[] {
  const events: object[] = [];
  const jobs: object[] = [];
  for (const decision of decisions) {
    for (const kept of decision.events) {
      const eventId = newId();
      events.push(eventRow(kept, eventId, now));
      for (const consumer of consumers.get(kept.event.type) ?? []) {
        if (consumer.when?.(kept.event) ?? true) jobs.push(jobRow(consumer, kept, eventId));
      }
    }
  }
  const answers = decisions.map(({ command, answer, refusal, events: kept, headPosition }) => ({
    id: command.commandId,
    payload_hash: command.payloadHash,
    answer: { answer, refusal },
    ...(kept.length === 0 ? { position: headPosition } : {}),
    recorded_at: now,
  }));
  return [JSON.stringify(events), JSON.stringify(answers), JSON.stringify(jobs)];
}

function eventRow({ category, streamId, version, event, metadata }: NewEvent, eventId: string, now: string): object {
  const { type, ...data } = event;
  return {
    event_id: eventId, stream_category: category, stream_id: streamId, version, type, data, metadata, recorded_at: now,
  };
}

/** A job names its event and carries nothing of it: the worker reads a batch of events in one query. */
function jobRow(consumer: Consumer, { streamId, version, metadata, event }: NewEvent, eventId: string): object {
  const delaySeconds = consumer.delaySeconds?.(event) ?? 0;
  return {
    id: jobIdFor(eventId, consumer.queue),
    queue: consumer.queue,
    data: { streamId, version, correlationId: metadata.correlationId },
    ...(delaySeconds > 0 ? { delay_seconds: delaySeconds } : {}),
  };
}
