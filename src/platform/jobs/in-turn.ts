import type { Pool } from "pg";
import type { Consumer } from "../../kernel/consumer.js";
import { jobIdFor } from "../../kernel/ids.js";
import { deadLetterQueueOf } from "../postgres/job-schema.js";
import { referenceKey, type EventReference } from "./event-reader.js";

/** It is not this job's turn: something that comes before it is not done. Nothing was tried, so that no attempt counts. */
export class NotYet extends Error {
  override readonly name = "NotYet";

  constructor(readonly seconds: number) {
    super("an earlier event of this stream is not done");
  }
}

const waitMinSeconds = 1;
const waitMaxSeconds = 60;

/** The longer it has waited, the rarer it looks. Both times are the primary's: a worker's clock may be another. */
function waitSeconds({ createdOn, startAfter }: Waiting): number {
  return Math.min(waitMaxSeconds, Math.max(waitMinSeconds, (startAfter.getTime() - createdOn.getTime()) / 1_000 / 4));
}

/** A job as it waits: since when, and since when it might have been tried this time. */
export interface Waiting {
  readonly createdOn: Date;
  readonly startAfter: Date;
}

/** Works off the events of each stream in their order, whoever has the jobs of those before. */
export interface Turns {
  /** Runs the work when all that comes before it is done. @throws NotYet, or what the work throws */
  inTurn(reference: EventReference, job: Waiting, work: () => Promise<void>): Promise<void>;
}

type Place = Pick<EventReference, "streamId" | "version">;
interface Stood extends Place { readonly eventId: string }

/**
 * The turns of a batch's jobs. What stands before a job is another job of the batch, which it waits for; or one that is not
 * done, whose id is a function of its event: it comes again later. A job that is not there (any more) is done. pg-boss's own order by
 * a key was measured and left: its fetch looks at all that waits, and took seconds where 5,000 orders did.
 */
export async function readTurns(pool: Pool, { queue, on }: Pick<Consumer, "queue" | "on">, references: readonly EventReference[]): Promise<Turns> {
  const { rows: events } = await pool.query<Stood>({
    name: "jobs_streams",
    text: `SELECT stream_id AS "streamId", version, event_id AS "eventId" FROM event_log
           WHERE stream_id = ANY($1::text[]) AND type = ANY($2::text[]) ORDER BY stream_id, version`,
    values: [[...new Set(references.map(({ streamId }) => streamId))], on],
  });
  const inBatch = new Set(references.map(referenceKey));
  const last = new Map(references.map(({ streamId }) => [streamId, 0]));
  for (const { streamId, version } of references) last.set(streamId, Math.max(version, last.get(streamId) ?? 0));
  const before = events.filter((event) => event.version < (last.get(event.streamId) ?? 0) && !inBatch.has(referenceKey(event)));
  return turnsOf(references, await firstUndone(pool, queue, before));
}

/** Of each stream the first event whose job is to be done, or lies among the dead letters. */
async function firstUndone(pool: Pool, queue: string, events: readonly Stood[]): Promise<ReadonlyMap<string, number>> {
  if (events.length === 0) return new Map();
  const ids = new Map(events.map((event) => [jobIdFor(event.eventId, queue), event]));
  const { rows } = await pool.query<{ id: string }>({
    name: "jobs_undone",
    text: `SELECT j.id FROM pgboss.job j WHERE j.name = $1 AND j.id = ANY($2::uuid[]) AND (j.state IN ('created', 'retry', 'active')
             OR (j.state = 'failed' AND EXISTS (SELECT FROM pgboss.job l WHERE l.name = $3 AND l.source_id = j.id AND l.state < 'active')))`,
    values: [queue, [...ids.keys()], deadLetterQueueOf(queue)],
  });
  const first = new Map<string, number>();
  for (const { id } of rows) {
    const event = ids.get(id);
    if (event) first.set(event.streamId, Math.min(event.version, first.get(event.streamId) ?? Infinity));
  }
  return first;
}

function turnsOf(references: readonly EventReference[], undone: ReadonlyMap<string, number>): Turns {
  const ends = new Map<string, PromiseWithResolvers<boolean>>();
  const previous = new Map<string, string>();
  for (const [, places] of Map.groupBy<string, Place>(references, ({ streamId }) => streamId)) {
    const keys = [...new Set(places.toSorted((one, other) => one.version - other.version).map(referenceKey))];
    for (const [index, key] of keys.entries()) {
      ends.set(key, Promise.withResolvers<boolean>());
      const prior = keys[index - 1];
      if (prior !== undefined) previous.set(key, prior);
    }
  }
  return {
    async inTurn(reference, job, work) {
      const key = referenceKey(reference);
      let done = false;
      try {
        const isFree = reference.version < (undone.get(reference.streamId) ?? Infinity) && await (ends.get(previous.get(key) ?? "")?.promise ?? true);
        if (!isFree) throw new NotYet(waitSeconds(job));
        await work();
        done = true;
      } finally {
        ends.get(key)?.resolve(done);
      }
    },
  };
}
