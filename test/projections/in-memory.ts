import type { DomainEvent, RecordedEvent } from "../../src/kernel/event.js";
import type { Projection, ProjectionHandler } from "../../src/kernel/projection.js";
import { RowBatch, type AnyRow } from "../../src/platform/projector/row-batch.js";

/** Events as the log would hold them: versions count up within each stream, a minute lies between two of them. */
export function recorded<Event extends DomainEvent>(category: string, streamOf: (event: Event) => string, events: readonly Event[]): RecordedEvent<Event>[] {
  const versions = new Map<string, number>();
  return events.map((event, index) => {
    const streamId = `${category}-${streamOf(event)}`;
    const version = (versions.get(streamId) ?? 0) + 1;
    versions.set(streamId, version);
    return {
      position: String(index + 1), eventId: `event-${String(index + 1)}`, streamCategory: category, streamId, version, event,
      metadata: { actor: "system:test", command: "test", correlationId: "test", causationId: "test" }, recordedAt: minute(index + 1),
    };
  });
}

/** The time of the n-th event. */
export function minute(number: number): string {
  return new Date(Date.UTC(2026, 0, 31, 9, number)).toISOString();
}

/** Folds in batches as the projector does: only touched rows are loaded, and only they may be used. */
export function foldInBatches<Event extends DomainEvent, Row extends object>(
  projection: Projection<Event, Row>, events: readonly RecordedEvent<Event>[], batchSize: number, table = new Map<string, Row>(),
): Map<string, Row> {
  for (let start = 0; start < events.length; start += batchSize) {
    const page = events.slice(start, start + batchSize);
    const keys = new Set(page.flatMap((each) => projection.touches(each.event, each)));
    // As the database would: what is loaded has been through JSON.
    const loaded = [...keys].flatMap((key) => table.get(key) ?? []).map((row) => JSON.parse(JSON.stringify(row)) as AnyRow);
    const batch = new RowBatch(projection.key, loaded);
    for (const each of page) {
      const handler = projection.on[each.event.type as Event["type"]] as ProjectionHandler<DomainEvent, AnyRow>;
      if (handler === "ignored") continue;
      batch.begin(projection.touches(each.event, each));
      handler(each.event, batch, each);
    }
    const { put, deleted } = batch.changes();
    for (const row of put) table.set(String(row[projection.key]), row as Row);
    for (const key of deleted) table.delete(key);
  }
  return table;
}

/** Folds the events one by one and all at once, asserts that both give the same, and returns the rows by key. */
export function foldBothWays<Event extends DomainEvent, Row extends object>(
  projection: Projection<Event, Row>, events: readonly RecordedEvent<Event>[],
): Readonly<Record<string, Row>> {
  const [single, whole] = [1, Math.max(events.length, 1)].map((size) => Object.fromEntries([...foldInBatches(projection, events, size)].sort(byKey)));
  if (JSON.stringify(single) !== JSON.stringify(whole)) throw new Error(`batches of ${projection.name} give other rows than single events`);
  return whole ?? {};
}

function byKey([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
