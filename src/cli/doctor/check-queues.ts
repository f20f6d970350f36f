import type { Client } from "pg";
import { cleanUpQueue } from "../../platform/jobs/clean-up.js";
import type { QueueDefinition } from "../../platform/jobs/queue.js";
import { found, inThousands, ok, type Examined, type Finding } from "./finding.js";

/** A job that could have been taken for that long, and was not, has nobody who takes it. */
const overdueSeconds = 60;
const deadMax = 1_000;

interface QueueState {
  readonly name: string;
  readonly waiting: number;
  readonly active: number;
  readonly retrying: number;
  readonly failed: number;
  readonly oldest: number | null;
  readonly overdue: number | null;
}

const countsSql = `
  SELECT name, count(*) FILTER (WHERE state = 'created')::int AS waiting, count(*) FILTER (WHERE state = 'active')::int AS active,
    count(*) FILTER (WHERE state = 'retry')::int AS retrying, count(*) FILTER (WHERE state = 'failed')::int AS failed,
    extract(epoch FROM clock_timestamp() - min(created_on) FILTER (WHERE state IN ('created', 'retry')))::float8 AS oldest,
    extract(epoch FROM clock_timestamp() - min(start_after) FILTER (WHERE state IN ('created', 'retry') AND NOT coalesce(blocked, false)))::float8 AS overdue
  FROM pgboss.job WHERE name = ANY($1::text[]) GROUP BY name ORDER BY name`;

/** One line a queue: what waits, for how long, and what failed. */
export async function examineQueues(client: Client, queues: readonly QueueDefinition[]): Promise<Finding[]> {
  const { rows } = await client.query<QueueState>(countsSql, [queues.map(({ name }) => name)]);
  const states = new Map(rows.map((row) => [row.name, row]));
  return queues.map(({ name }) => findingOf(states.get(name) ?? { name, waiting: 0, active: 0, retrying: 0, failed: 0, oldest: null, overdue: null }));
}

function findingOf({ name, waiting, active, retrying, failed, oldest, overdue }: QueueState): Finding {
  const check = `queue:${name}`;
  const parts = [`${inThousands(waiting)} waiting`, `${inThousands(active)} active`, `${inThousands(retrying)} to be tried again`, `${inThousands(failed)} failed`];
  const message = `${parts.join(", ")}${oldest === null ? "" : `, the oldest for ${String(Math.round(oldest))} s`}`;
  if (overdue !== null && overdue > overdueSeconds) {
    return found("warn", check, "primary", `${message}; nobody takes them`, "Start a worker (`millrace worker`), or more of them.");
  }
  return ok(check, "primary", message);
}

/** Jobs that failed for good: of orders and of webhooks. */
export async function examineDeadLetters(client: Client): Promise<Examined[]> {
  const { rows } = await client.query<{ id: string; name: string; order: string | null; data: string; error: string | null }>(`
    SELECT id::text, name, data->>'correlationId' AS "order", data::text,
      left(coalesce(source_output->>'message', source_output::text, output->>'message', output::text), 200) AS error
    FROM pgboss.job WHERE name LIKE '%.dead' AND state IN ('created', 'retry', 'active', 'failed') ORDER BY created_on, id LIMIT ${deadMax}`);
  const problems = rows.map(({ id, name, order, data, error }) => ({
    key: id, queue: name, text: `${name}: ${order === null ? data : `order ${order}`}${error === null ? "" : ` (${error})`}`,
  }));
  const isHousekeeping = ({ queue }: { readonly queue: string }): boolean => queue === `${cleanUpQueue.name}.dead`;
  return [{
    check: "dead_letters", where: "primary", examined: "no job has failed for good", wrong: "jobs failed for good",
    remedy: "Look at them with `millrace dead-letters`; mend the cause, then `redrive` them, or `discard` what will never be done.", problems: problems.filter((problem) => !isHousekeeping(problem)),
  }, {
    check: "housekeeping", where: "primary", severity: "warn", examined: "the clean-up has not failed", wrong: "clean-ups failed",
    remedy: `The next hour's clean-up makes up for it; when it has, run \`millrace dead-letters discard --queue ${cleanUpQueue.name} --reason "made up for"\`.`, problems: problems.filter(isHousekeeping),
  }];
}
