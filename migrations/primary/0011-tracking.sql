-- What is kept of parcels under way: when each was heard of last, its label's file, and news that nobody could place. Breaks nothing: new tables.

-- One row a parcel that news is expected of. It goes when the parcel has arrived, was called off or is given up.
CREATE TABLE parcel_watch (
  shipment_id   text        PRIMARY KEY COLLATE "C",
  order_id      text        NOT NULL,
  courier_id    text        NOT NULL,
  tracking_code text        NOT NULL,
  region        text        NOT NULL,
  -- When it is to be given to the courier at the latest.
  hand_over_by  timestamptz NOT NULL,
  -- Whether a scan has shown it in the courier's hands.
  seen          boolean     NOT NULL,
  -- When the last news came, by our clock; null before the first.
  last_news_at  timestamptz,
  -- When it is looked at next: the courier is asked where it is, if it has been silent for too long by then.
  look_at       timestamptz NOT NULL,
  -- Times the courier was asked since the last news.
  polls         integer     NOT NULL
);
CREATE INDEX parcel_watch_look_at ON parcel_watch (look_at);
CREATE INDEX parcel_watch_unseen ON parcel_watch (hand_over_by) WHERE NOT seen;

-- How long a courier is usually silent between two news of a parcel. An estimate: what is lost with a process is learnt again.
CREATE TABLE news_gap (
  -- `<courier>/<region>`.
  lane       text             PRIMARY KEY COLLATE "C",
  seconds    double precision NOT NULL CHECK (seconds >= 0),
  -- News that went into it.
  heard      bigint           NOT NULL,
  updated_at timestamptz      NOT NULL
);

-- The label's file, at most 1 MiB.
CREATE TABLE label (
  shipment_id  text        PRIMARY KEY COLLATE "C",
  order_id     text        NOT NULL,
  content_type text        NOT NULL,
  bytes        bytea       NOT NULL,
  kept_at      timestamptz NOT NULL
);
CREATE INDEX label_kept_at ON label (kept_at);

-- Tracking codes that couriers told of and that are no parcel's of ours.
CREATE TABLE stray_news (
  -- `<courier>/<code>`.
  code     text        PRIMARY KEY COLLATE "C",
  times    bigint      NOT NULL,
  first_at timestamptz NOT NULL,
  last_at  timestamptz NOT NULL
);
CREATE INDEX stray_news_last_at ON stray_news (last_at);

-- Couriers' words that nobody has given a meaning, once each, so that a person is told once.
CREATE TABLE strange_code (
  -- `<courier>/<code>`.
  code     text        PRIMARY KEY COLLATE "C",
  first_at timestamptz NOT NULL
);
