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
  jobs json;
BEGIN
  WITH kept AS (
    INSERT INTO webhook_inbox (id, provider, event_id, headers, body, received_at)
    SELECT w.id, w.provider, w.event_id, w.headers, w.body, clock_timestamp()
    FROM json_to_recordset(webhooks) AS w (id uuid, provider text, event_id text, headers jsonb, body text)
    ORDER BY w.id
    ON CONFLICT DO NOTHING
    RETURNING id
  )
  SELECT coalesce(json_agg(json_build_object('id', w.job_id, 'queue', w.queue, 'data', json_build_object('inboxId', w.id))), '[]')
  INTO jobs
  FROM json_to_recordset(webhooks) AS w (id uuid, job_id uuid, queue text)
  WHERE w.id IN (SELECT id FROM kept);
  PERFORM enqueue_jobs(jobs);
  RETURN json_array_length(jobs);
END $$;
