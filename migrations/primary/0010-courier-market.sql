-- What is learnt of couriers, their last known prices, and how many parcels each was given. Breaks nothing: new tables.

-- Evidence, one row a courier, service and region, and rows that sum them up: `<courier>/<service>/<region>`, with `*` for all.
CREATE TABLE courier_lane (
  key   text  PRIMARY KEY COLLATE "C",
  -- Counts that lose weight with time, and the parcels under way by the day they are due.
  state jsonb NOT NULL
);

-- Events that were learnt, so that a job that comes twice teaches nothing twice.
CREATE TABLE courier_lesson (
  event_id  uuid        PRIMARY KEY,
  learnt_at timestamptz NOT NULL
);
CREATE INDEX courier_lesson_learnt_at ON courier_lesson USING brin (learnt_at);

-- What a service last asked for such a parcel: who does not answer in time is judged by it.
CREATE TABLE courier_price (
  courier_id    text        NOT NULL COLLATE "C",
  region        text        NOT NULL COLLATE "C",
  -- Up to how many kilograms, and whether cash is collected, e.g. `5` or `5+cash`.
  weight_class  text        NOT NULL COLLATE "C",
  service       text        NOT NULL COLLATE "C",
  price_minor   bigint      NOT NULL CHECK (price_minor >= 0),
  promised_days double precision,
  known_at      timestamptz NOT NULL,
  PRIMARY KEY (courier_id, region, weight_class, service)
);

-- Parcels by courier and day of the shop. `claimed` counts places, where the day's parcels are limited; `booked` counts labels.
CREATE TABLE courier_volume (
  courier_id text    NOT NULL COLLATE "C",
  day        date    NOT NULL,
  claimed    integer NOT NULL DEFAULT 0,
  booked     integer NOT NULL DEFAULT 0,
  PRIMARY KEY (courier_id, day)
);

-- Places that parcels hold among a courier's limited number of the day. Given back when the attempt comes to nothing.
CREATE TABLE courier_place (
  shipment_id uuid        NOT NULL,
  courier_id  text        NOT NULL COLLATE "C",
  day         date        NOT NULL,
  claimed_at  timestamptz NOT NULL,
  PRIMARY KEY (shipment_id, courier_id)
);
CREATE INDEX courier_place_claimed_at ON courier_place (claimed_at);
