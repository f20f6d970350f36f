-- Jobs of consumers that take the events of an order one after the other. Breaks nothing: the function has the same arguments.

-- As before, and two things more. In a queue of the policy `key_strict_fifo` a job's key is what its event is tied to, so that
-- who writes it need not know the policy. And jobs of one call are a microsecond apart, in the order in which they are handed
-- in: workers take them by `created_on`, and two events of one order may stand in one batch.
CREATE OR REPLACE FUNCTION enqueue_jobs(ids uuid[], queues text[], datas jsonb[], delays_seconds double precision[], keys text[] DEFAULT NULL) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  -- The channel that pg-boss listens on for its schema.
  channel text := 'pgboss_' || left(encode(sha224('pgboss'::bytea), 'hex'), 24);
  at timestamptz := clock_timestamp();
  queues_woken bigint;
  missing text;
BEGIN
  SELECT string_agg(DISTINCT wanted.name, ', ') INTO missing
  FROM unnest(queues) AS wanted (name) WHERE NOT EXISTS (SELECT FROM pgboss.queue q WHERE q.name = wanted.name);
  IF missing IS NOT NULL THEN
    -- Without its queue a job would vanish, and with it what it stands for.
    RAISE EXCEPTION 'there is no queue %: run "millrace migrate"', missing USING ERRCODE = 'MR002';
  END IF;

  WITH inserted AS (
    INSERT INTO pgboss.job (id, name, data, priority, start_after, created_on, singleton_key, expire_seconds,
      deletion_seconds, keep_until, retry_limit, retry_delay, retry_backoff, retry_delay_max, policy, dead_letter,
      heartbeat_seconds, blocked, blocking, pending_dependencies)
    SELECT j.id, j.queue, j.data, 0, j.start_after, at + j.nth * interval '1 us',
      coalesce(j.key, CASE WHEN q.policy = 'key_strict_fifo' THEN coalesce(j.data->>'correlationId', j.id::text) END), q.expire_seconds,
      q.deletion_seconds, j.start_after + q.retention_seconds * interval '1 s', q.retry_limit, q.retry_delay,
      coalesce(q.retry_backoff, false), q.retry_delay_max, q.policy, q.dead_letter, q.heartbeat_seconds, false, false, 0
    FROM (
      SELECT u.id, u.queue, u.data, u.key, u.nth - 1 AS nth, at + coalesce(u.delay_seconds, 0) * interval '1 s' AS start_after
      FROM unnest(ids, queues, datas, delays_seconds, keys) WITH ORDINALITY AS u (id, queue, data, delay_seconds, key, nth)
    ) j
    JOIN pgboss.queue q ON q.name = j.queue
    ON CONFLICT DO NOTHING
    RETURNING name, start_after
  ), woken AS (
    SELECT DISTINCT name FROM inserted WHERE start_after <= at
  )
  SELECT count(pg_notify(channel, name)::text) INTO queues_woken FROM woken;
END $$;
