-- The write side: the log, the answers, and the write-state tables. Breaks nothing: first migration.
-- Needs PostgreSQL 15 or later; ids come from Node, so that nothing here asks for a newer server.

-- Append-only in shape: the application may insert and read, never change (see the grants of `migrate`).
-- `json`, not `jsonb`: an event is written once and read whole, and taking it apart cost a fifth of an order.
CREATE TABLE event_log (
  position        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id        uuid        NOT NULL,
  stream_category text        NOT NULL,
  stream_id       text        NOT NULL,
  version         integer     NOT NULL CHECK (version > 0),
  type            text        NOT NULL,
  schema_version  smallint    NOT NULL DEFAULT 1,
  data            json        NOT NULL,
  metadata        json        NOT NULL,
  recorded_at     timestamptz NOT NULL,
  CONSTRAINT event_log_stream_version UNIQUE (stream_id, version)
);

-- One row a command that has an answer, kept at least 24 h. `id` is UUIDv5 of principal, command and key.
CREATE TABLE command_answer (
  id           uuid        PRIMARY KEY,
  payload_hash text        NOT NULL,
  answer       json        NOT NULL,
  position     bigint      NOT NULL,
  recorded_at  timestamptz NOT NULL
);
CREATE INDEX command_answer_recorded_at ON command_answer USING brin (recorded_at);

-- Keeps a batch: events, answers and jobs, one array a column. Arrays, since taking a JSON array of rows apart
-- cost more than all inserts together. An answer without a position gets that of the batch's last event.
-- MR001, by which the command bus knows it: another process answered one of these keys first.
CREATE FUNCTION keep_batch(
  at timestamptz,
  event_ids uuid[], categories text[], stream_ids text[], versions integer[], types text[], datas json[], metadatas json[],
  answer_ids uuid[], payload_hashes text[], answers json[], positions bigint[],
  job_ids uuid[], queues text[], job_datas jsonb[], delays_seconds double precision[]
) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  last_position bigint;
  kept integer;
BEGIN
  WITH inserted AS (
    INSERT INTO event_log (event_id, stream_category, stream_id, version, type, data, metadata, recorded_at)
    SELECT e.event_id, e.category, e.stream_id, e.version, e.type, e.data, e.metadata, at
    FROM unnest(event_ids, categories, stream_ids, versions, types, datas, metadatas)
      AS e (event_id, category, stream_id, version, type, data, metadata)
    RETURNING position
  ) SELECT max(position) INTO last_position FROM inserted;

  INSERT INTO command_answer (id, payload_hash, answer, position, recorded_at)
  SELECT a.id, a.payload_hash, a.answer, coalesce(a.position, last_position, 0), at
  FROM unnest(answer_ids, payload_hashes, answers, positions) AS a (id, payload_hash, answer, position)
  ORDER BY a.id
  ON CONFLICT (id) DO NOTHING;
  GET DIAGNOSTICS kept = ROW_COUNT;
  IF kept <> cardinality(answer_ids) THEN
    RAISE EXCEPTION 'another process answered one of these commands first' USING ERRCODE = 'MR001';
  END IF;

  IF cardinality(job_ids) > 0 THEN
    PERFORM enqueue_jobs(job_ids, queues, job_datas, delays_seconds);
  END IF;
  RETURN last_position;
END $$;

-- Fills pg-boss's table by the batch: its own `insert` takes one queue a call and cost 40 % of an order.
-- `keys` is for queues that keep order by a key. Written against pg-boss 12.35; a test compares a row with one of `send`.
CREATE FUNCTION enqueue_jobs(ids uuid[], queues text[], datas jsonb[], delays_seconds double precision[], keys text[] DEFAULT NULL) RETURNS void
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
    SELECT j.id, j.queue, j.data, 0, j.start_after, at, j.key, q.expire_seconds,
      q.deletion_seconds, j.start_after + q.retention_seconds * interval '1 s', q.retry_limit, q.retry_delay,
      coalesce(q.retry_backoff, false), q.retry_delay_max, q.policy, q.dead_letter, q.heartbeat_seconds, false, false, 0
    FROM (
      SELECT u.id, u.queue, u.data, u.key, at + coalesce(u.delay_seconds, 0) * interval '1 s' AS start_after
      FROM unnest(ids, queues, datas, delays_seconds, keys) AS u (id, queue, data, delay_seconds, key)
    ) j
    JOIN pgboss.queue q ON q.name = j.queue
    ON CONFLICT DO NOTHING
    RETURNING name, start_after
  ), woken AS (
    SELECT DISTINCT name FROM inserted WHERE start_after <= at
  )
  SELECT count(pg_notify(channel, name)::text) INTO queues_woken FROM woken;
END $$;

-- Write state of the catalog: what an order needs to price a line.
CREATE TABLE product (
  sku              text     PRIMARY KEY COLLATE "C",
  name             text     NOT NULL,
  price_minor      bigint   NOT NULL CHECK (price_minor >= 0),
  currency         text     NOT NULL,
  weight_grams     integer  NOT NULL CHECK (weight_grams >= 0),
  tax_basis_points integer  NOT NULL CHECK (tax_basis_points BETWEEN 0 AND 10000)
);

-- `on_hand` includes `reserved`. The check is the last line, never the first.
CREATE TABLE stock_item (
  sku      text    PRIMARY KEY COLLATE "C",
  on_hand  bigint  NOT NULL,
  reserved bigint  NOT NULL,
  version  integer NOT NULL,
  CONSTRAINT stock_never_oversold CHECK (0 <= reserved AND reserved <= on_hand)
) WITH (fillfactor = 50);

-- The only table with personal data; replicated with its updates and deletes, so that erasing works everywhere.
CREATE TABLE personal (
  id         text        PRIMARY KEY COLLATE "C",
  name       text        NOT NULL,
  email      text        NOT NULL,
  phone      text,
  address    jsonb       NOT NULL,
  updated_at timestamptz NOT NULL
);

-- What came in by webhook, kept before it is acted on. Unique by provider and event id.
CREATE TABLE webhook_inbox (
  id           uuid        PRIMARY KEY,
  provider     text        NOT NULL,
  event_id     text        NOT NULL,
  headers      jsonb       NOT NULL,
  body         text        NOT NULL,
  received_at  timestamptz NOT NULL,
  CONSTRAINT webhook_inbox_provider_event UNIQUE (provider, event_id)
);
CREATE INDEX webhook_inbox_received_at ON webhook_inbox USING brin (received_at);

-- Every attempt of every job, with its outcome; replicated, so that one query on a read node tells an order's story.
CREATE TABLE job_attempt (
  id             uuid        PRIMARY KEY,
  job_id         uuid        NOT NULL,
  queue          text        NOT NULL,
  correlation_id text        NOT NULL,
  attempt        integer     NOT NULL,
  outcome        text        NOT NULL,
  error          text,
  started_at     timestamptz NOT NULL,
  ended_at       timestamptz NOT NULL
);
