import { isLetter, type Reader } from "./dead-letter.js";

/** What is to be done with a letter, and what tells whether it can be. */
export interface LetterMove {
  readonly id: string;
  readonly deadQueue: string;
  readonly queue: string | null;
  readonly jobId: string;
  /** Whether the queue that it came from is still there. */
  readonly queueExists: boolean;
  /** Of a job with the same id in that queue: the one that failed, or one that somebody has brought back by other means. */
  readonly jobState: string | null;
  /** Whether that queue keeps one waiting job a key, and has it. */
  readonly twinWaits: boolean;
  readonly fate: "redrive" | "discard" | null;
  /** How long the job has to wait before it may run. */
  readonly afterSeconds: number;
}

/** Letters by their ids, locked: whoever else moves one of them has done so before, or waits. */
export const lockLettersSql = `
  SELECT l.id::text, l.name AS "deadQueue", l.source_name AS queue, coalesce(l.source_id, l.id)::text AS "jobId",
    EXISTS (SELECT FROM pgboss.queue q WHERE q.name = l.source_name) AS "queueExists",
    (SELECT o.state::text FROM pgboss.job o WHERE o.name = l.source_name AND o.id = l.source_id) AS "jobState",
    EXISTS (SELECT FROM pgboss.job t WHERE t.name = l.source_name AND t.policy = 'stately' AND t.state = 'created'
      AND coalesce(t.singleton_key, '') = coalesce(l.singleton_key, '')) AS "twinWaits",
    NULL::text AS fate, 0 AS "afterSeconds"
  FROM pgboss.job l
  WHERE l.name = ANY(ARRAY(SELECT name FROM pgboss.queue WHERE name LIKE '%.dead')) AND l.id = ANY(($1::text[])::uuid[]) AND ${isLetter}
  ORDER BY l.id FOR UPDATE`;

/**
 * Takes letters out of their queues; those to be redriven stand in their old queue again, under the job's old id (the
 * trace finds them by it), with the queue's limits as they are now. They count as begun, so that their next attempt is no
 * first one: whoever asks before he repeats, asks. The job that had failed gives its place to them. `created_on` stays: that is what workers take jobs by. One statement, and none without the other;
 * repeated it finds nothing to do. A clash with a job that came meanwhile fails it whole. `$1`: a JSON array of `LetterMove`.
 * Written against pg-boss 12.35.
 */
export const moveLettersSql = `
  WITH letters AS (
    DELETE FROM pgboss.job l USING json_to_recordset($1::json) AS m (id uuid, "deadQueue" text, fate text, "afterSeconds" double precision)
    WHERE l.name = m."deadQueue" AND l.id = m.id AND ${isLetter}
    RETURNING l.*, m.fate, m."afterSeconds"
  ), made_room AS (
    DELETE FROM pgboss.job o USING letters l
    WHERE l.fate = 'redrive' AND o.name = l.source_name AND o.id = l.source_id AND o.state = 'failed'
    RETURNING o.id
  ), back AS (
    INSERT INTO pgboss.job (id, name, data, priority, start_after, created_on, started_on, singleton_key, group_id, group_tier, expire_seconds,
      deletion_seconds, keep_until, retry_limit, retry_delay, retry_backoff, retry_delay_max, policy, dead_letter,
      heartbeat_seconds, source_root_id, blocked, blocking, pending_dependencies)
    SELECT l.source_id, l.source_name, l.data, l.priority, clock_timestamp() + l."afterSeconds" * interval '1 s', l.source_created_on, clock_timestamp(),
      l.singleton_key, l.group_id, l.group_tier, q.expire_seconds, q.deletion_seconds,
      clock_timestamp() + (l."afterSeconds" + q.retention_seconds) * interval '1 s', q.retry_limit + 1, q.retry_delay,
      coalesce(q.retry_backoff, false), q.retry_delay_max, q.policy, q.dead_letter,
      q.heartbeat_seconds, coalesce(l.source_root_id, l.source_id), false, false, 0
    FROM letters l JOIN pgboss.queue q ON q.name = l.source_name
    -- Counted before the first row goes in: its place has to be free.
    WHERE l.fate = 'redrive' AND (SELECT count(*) FROM made_room) >= 0
    ORDER BY l.source_created_on, l.source_id
    RETURNING name
  )
  SELECT count(pg_notify('pgboss_' || left(encode(sha224('pgboss'::bytea), 'hex'), 24), name)::text)
  FROM (SELECT DISTINCT name FROM back) woken`;

/** For a server that has no command bus. Null where there is no such letter. */
export async function readMove(reader: Reader, id: string): Promise<LetterMove | null> {
  const [letter] = await reader.query<LetterMove>(lockLettersSql, [[id]]);
  return letter ?? null;
}

/** Moves one letter there; harmless when repeated. @throws Error of the database where its queue cannot take it */
export async function moveLetter(reader: Reader, letter: LetterMove, fate: "redrive" | "discard"): Promise<void> {
  await reader.query(moveLettersSql, [JSON.stringify([{ ...letter, fate }])]);
}
