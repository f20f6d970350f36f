import { jobIdFor } from "../../kernel/ids.js";
import type { PrimaryReader } from "../../platform/http/request-context.js";
import type { OrderTraceEntryType } from "./order-trace.type.js";

interface OpenJob {
  readonly id: string;
  readonly queue: string;
  readonly state: "created" | "retry" | "active" | "failed";
  readonly attempts: number;
  readonly error: string | null;
  /** When it is due, was begun, or was given up. */
  readonly at: Date | string;
}

const outcomes = { created: "waiting", retry: "retrying", active: "running", failed: "failed" } as const;

/**
 * Jobs of these events that are not done, from the primary. A job's id is a function of its event and queue: the ids
 * are computed, and looked up by the table's primary key, so that the question costs the primary next to nothing.
 */
export async function readOpenJobs(primary: PrimaryReader, eventIds: readonly string[]): Promise<readonly OrderTraceEntryType[]> {
  const queues = await primary.query<{ name: string }>("SELECT name FROM pgboss.queue WHERE name NOT LIKE '%.dead'", []);
  const candidates = queues.flatMap(({ name }) => eventIds.map((eventId) => ({ name, id: jobIdFor(eventId, name) })));
  const jobs = await primary.query<OpenJob>(
    `SELECT j.id, j.name AS queue, j.state::text AS state, CASE WHEN j.started_on IS NULL THEN 0 ELSE j.retry_count + 1 END AS attempts,
            left(coalesce(j.output->>'message', j.output->'value'->>'message', j.output::text), 2000) AS error,
            CASE j.state::text WHEN 'active' THEN j.started_on WHEN 'failed' THEN coalesce(j.completed_on, j.start_after) ELSE j.start_after END AS at
     FROM unnest($1::text[], $2::uuid[]) AS c (name, id)
     JOIN pgboss.job j ON j.name = c.name AND j.id = c.id
     WHERE j.state::text IN ('created', 'retry', 'active', 'failed')`,
    [candidates.map(({ name }) => name), candidates.map(({ id }) => id)],
  );
  return jobs.map(jobEntry);
}

function jobEntry({ id, queue, state, attempts, error, at }: OpenJob): OrderTraceEntryType {
  return {
    kind: "JOB", name: queue, at: new Date(at).toISOString(), endedAt: null, outcome: outcomes[state], error, attempt: attempts, detail: null,
    reference: id, actor: null, stream: null,
  };
}
