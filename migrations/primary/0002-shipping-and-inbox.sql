-- Which shipment a courier's tracking code belongs to, and webhooks kept together with their jobs. Breaks nothing.

CREATE TABLE tracking_code (
  -- `<courier>/<code>`: two couriers may use the same code.
  code        text PRIMARY KEY COLLATE "C",
  shipment_id text NOT NULL,
  order_id    text NOT NULL
);

-- Keeps webhooks and enqueues a job for each that is new, in one statement; returns how many were new.
CREATE FUNCTION keep_webhooks(webhooks json) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  new_ids uuid[];
BEGIN
  WITH kept AS (
    INSERT INTO webhook_inbox (id, provider, event_id, headers, body, received_at)
    SELECT w.id, w.provider, w.event_id, w.headers, w.body, clock_timestamp()
    FROM json_to_recordset(webhooks) AS w (id uuid, provider text, event_id text, headers jsonb, body text)
    ORDER BY w.id
    ON CONFLICT DO NOTHING
    RETURNING id
  )
  SELECT coalesce(array_agg(id), '{}') INTO new_ids FROM kept;
  PERFORM enqueue_jobs(array_agg(w.job_id), array_agg(w.queue), array_agg(jsonb_build_object('inboxId', w.id)), NULL)
  FROM json_to_recordset(webhooks) AS w (id uuid, job_id uuid, queue text)
  WHERE w.id = ANY(new_ids)
  HAVING count(*) > 0;
  RETURN cardinality(new_ids);
END $$;
