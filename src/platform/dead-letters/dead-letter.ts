import type { QueryResult } from "pg";
import { deadLetterQueueOf } from "../postgres/job-schema.js";

/** Asks one database: a pool, a connection, or the request's way to the primary. */
export interface Reader {
  query<Row extends object>(text: string, values: readonly unknown[]): Promise<readonly Row[]>;
}

/** A pool or a connection as a reader. */
export function readerOf(source: { query(text: string, values: unknown[]): Promise<QueryResult> }): Reader {
  return { query: async <Row extends object>(text: string, values: readonly unknown[]) => (await source.query(text, [...values])).rows as Row[] };
}

/** A job that was given up, as it stands in `<queue>.dead`. Times are RFC 3339 UTC to the microsecond. */
export interface DeadLetter {
  readonly id: string;
  /** Where the job came from; where nobody knows, the dead letter queue's own name without its ending. */
  readonly queue: string;
  readonly deadQueue: string;
  /** The job's own id, under which its attempts stand. */
  readonly jobId: string;
  /** What the job's data says it belongs to; null for webhooks and wake-ups. */
  readonly correlationId: string | null;
  /** Attempts of its last life. */
  readonly attempts: number;
  readonly error: string | null;
  readonly createdAt: string;
  readonly diedAt: string;
  readonly data: unknown;
}

/** The last one of a page. */
export interface LetterCursor {
  readonly at: string;
  readonly id: string;
}

export function isDeadLetterQueue(name: string): boolean {
  return name.endsWith(".dead");
}

const errorLengthMax = 2_000;
const utc = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
const createdOn = "coalesce(l.source_created_on, l.created_on)";
const jobId = "coalesce(l.source_id, l.id)";
const columns = `l.id::text, coalesce(l.source_name, regexp_replace(l.name, '[.]dead$', '')) AS queue, l.name AS "deadQueue",
  ${jobId}::text AS "jobId", l.data->>'correlationId' AS "correlationId", coalesce(l.source_retry_count, 0) + 1 AS attempts,
  left(coalesce(l.source_output->>'message', l.source_output->'value'->>'message', l.source_output::text, l.output->>'message', l.output::text), ${String(errorLengthMax)}) AS error,
  ${utc(createdOn)} AS "createdAt", ${utc("l.created_on")} AS "diedAt", l.data`;

/** Nobody works dead letter queues off: a letter waits there. By pg-boss's index of what waits. */
export const isLetter = "l.state < 'active' AND NOT l.blocked";
const deadQueues = "SELECT name FROM pgboss.queue WHERE name LIKE '%.dead' AND ($1::text IS NULL OR name = $1)";

/** Newest death first. @param queue all of them where null */
export async function listDeadLetters(
  reader: Reader, queue: string | null, { limit, cursor = null, backward = false }: { readonly limit: number; readonly cursor?: LetterCursor | null; readonly backward?: boolean },
): Promise<readonly DeadLetter[]> {
  const [before, direction] = backward ? [">", "ASC"] : ["<", "DESC"];
  return reader.query<DeadLetter>(
    `SELECT ${columns} FROM pgboss.job l
     WHERE l.name = ANY(ARRAY(${deadQueues})) AND ${isLetter} AND ($2::timestamptz IS NULL OR (l.created_on, l.id) ${before} ($2::timestamptz, $3::uuid))
     ORDER BY l.created_on ${direction}, l.id ${direction} LIMIT $4`,
    [deadQueueName(queue), cursor?.at ?? null, cursor?.id ?? null, limit],
  );
}

/** The letters of a queue in the order in which their jobs were first created, which is the order to redrive them in. */
export async function deadLettersInOrder(
  reader: Reader, queue: string | null, { limit, diedBefore = null, after = null }: { readonly limit: number; readonly diedBefore?: string | null; readonly after?: LetterCursor | null },
): Promise<readonly DeadLetter[]> {
  return reader.query<DeadLetter>(
    `SELECT ${columns} FROM pgboss.job l
     WHERE l.name = ANY(ARRAY(${deadQueues})) AND ${isLetter} AND ($2::timestamptz IS NULL OR l.created_on <= $2::timestamptz)
       AND ($3::timestamptz IS NULL OR (${createdOn}, ${jobId}) > ($3::timestamptz, $4::uuid))
     ORDER BY ${createdOn}, ${jobId} LIMIT $5`,
    [deadQueueName(queue), diedBefore, after?.at ?? null, after?.id ?? null, limit],
  );
}

/** Null where there is none of that id. */
export async function readDeadLetter(reader: Reader, id: string): Promise<DeadLetter | null> {
  const [letter] = await reader.query<DeadLetter>(
    `SELECT ${columns} FROM pgboss.job l WHERE l.name = ANY(ARRAY(${deadQueues})) AND l.id = $2::uuid AND ${isLetter}`, [null, id],
  );
  return letter ?? null;
}

/** So many of a queue are counted, no more. */
export const countedMax = 10_000;

/** How many letters each dead letter queue holds, by the queue that they come from. */
export async function countDeadLetters(reader: Reader): Promise<ReadonlyMap<string, number>> {
  const rows = await reader.query<{ name: string; letters: number }>(
    `SELECT q.name, (SELECT count(*) FROM (SELECT FROM pgboss.job l WHERE l.name = q.name AND ${isLetter} LIMIT ${String(countedMax)}) c)::int AS letters
     FROM pgboss.queue q WHERE q.name LIKE '%.dead'`, [],
  );
  return new Map(rows.map(({ name, letters }) => [name.slice(0, -deadLetterQueueOf("").length), letters]));
}

function deadQueueName(queue: string | null): string | null {
  return queue === null || isDeadLetterQueue(queue) ? queue : deadLetterQueueOf(queue);
}
