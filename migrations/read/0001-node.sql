-- A read node's copies of what the primary publishes. Breaks nothing: first migration.
-- Only the subscription's apply worker inserts here: one writer, in commit order.

CREATE TABLE event_log (
  position        bigint      PRIMARY KEY,
  event_id        uuid        NOT NULL,
  stream_category text        NOT NULL,
  stream_id       text        NOT NULL,
  version         integer     NOT NULL,
  type            text        NOT NULL,
  schema_version  smallint    NOT NULL,
  data            json        NOT NULL,
  metadata        json        NOT NULL,
  recorded_at     timestamptz NOT NULL,
  -- The publisher lacks this one: the apply worker numbers the events in commit order, so that reading
  -- `arrival > checkpoint` skips nothing. May have holes (a server that crashed), never goes back.
  arrival         bigint      GENERATED ALWAYS AS IDENTITY
);
CREATE UNIQUE INDEX event_log_arrival ON event_log (arrival);
-- Unique on the primary; not here, since a clash on a node would stop all apply.
CREATE INDEX event_log_stream ON event_log (stream_id, version);
CREATE INDEX event_log_correlation ON event_log ((metadata->>'correlationId'));

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
CREATE INDEX job_attempt_correlation ON job_attempt (correlation_id);

CREATE TABLE personal (
  id         text        PRIMARY KEY COLLATE "C",
  name       text        NOT NULL,
  email      text        NOT NULL,
  phone      text,
  address    jsonb       NOT NULL,
  updated_at timestamptz NOT NULL
);

-- Wakes the projector. Row level, because statement triggers do not fire on apply; BEFORE, because an AFTER
-- trigger would queue one entry a row during the first copy. Equal notifications of a transaction become one.
CREATE FUNCTION millrace_log_arrived() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('millrace_log', '');
  RETURN NEW;
END $$;
CREATE TRIGGER millrace_log_arrived BEFORE INSERT ON event_log FOR EACH ROW EXECUTE FUNCTION millrace_log_arrived();
ALTER TABLE event_log ENABLE ALWAYS TRIGGER millrace_log_arrived;

-- Which node this is, and which primary its rows came from. One row.
CREATE TABLE node_identity (
  only_row                  boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
  name                      text        NOT NULL,
  -- Of slot and subscription alike.
  slot_name                 text        NOT NULL,
  -- Null until the node is connected.
  primary_system_identifier text,
  primary_timeline          integer,
  -- Tells two databases of one server apart.
  primary_database_oid      bigint,
  -- Highest arrival of the first copy, which came in heap order: rows up to it are folded in `position` order.
  -- Null while the copy runs: nothing may be folded yet.
  bootstrap_arrival         bigint,
  -- Goes up with each resync: a projector that finds another value than it remembers starts anew.
  generation                integer     NOT NULL DEFAULT 1,
  connected_at              timestamptz
);

-- Stores the bootstrap mark once every table has been copied; null before. Anyone may ask again at any time.
-- Sound because one process at a time writes into event_log (first its copy worker, later the apply worker):
-- a row that is not visible yet gets a higher arrival than every row that is, so that all rows up to the mark
-- are there, and what follows it comes in commit order.
-- Runs with its owner's rights: the application's role may not write node_identity.
CREATE FUNCTION node_mark_bootstrap() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  mark bigint;
  copied boolean;
BEGIN
  SELECT bootstrap_arrival INTO mark FROM node_identity;
  IF mark IS NOT NULL THEN
    RETURN mark;
  END IF;
  SELECT bool_and(r.srsubstate = 'r') AND bool_or(r.srrelid = 'event_log'::regclass) INTO copied
  FROM pg_subscription s
  JOIN node_identity n ON n.slot_name = s.subname
  JOIN pg_subscription_rel r ON r.srsubid = s.oid
  WHERE s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database());
  IF copied IS NOT TRUE THEN
    RETURN NULL;
  END IF;
  UPDATE node_identity
  SET bootstrap_arrival = (SELECT coalesce(max(arrival), 0) FROM event_log)
  WHERE bootstrap_arrival IS NULL;
  SELECT bootstrap_arrival INTO mark FROM node_identity;
  RETURN mark;
END $$;
