-- Waiting rooms of sales. Breaks nothing: new tables.

-- A sale's waiting room: what is let in is one watermark, and the passes that are out are a few steps, however many wait.
CREATE TABLE sale_room (
  -- The sale's.
  id                 text             PRIMARY KEY COLLATE "C",
  sku                text             NOT NULL,
  starts_at          timestamptz      NOT NULL,
  ends_at            timestamptz      NOT NULL,
  limit_per_customer bigint           NOT NULL,
  rate_per_second    integer          NOT NULL,
  pass_seconds       integer          NOT NULL,
  -- The number that the next ticket is given.
  next_number        bigint           NOT NULL,
  admitted           bigint           NOT NULL,
  -- [{ from, to, until, units, used }]; `used` counts passes that were used or given up.
  steps              jsonb            NOT NULL,
  state              text             NOT NULL CHECK (state IN ('OPEN', 'WAITING_FOR_RETURNS', 'SOLD_OUT', 'ENDED')),
  pace               double precision NOT NULL,
  -- Since when somebody has been waiting without a break, as of the last admission: what `pace` is measured from.
  measured_at        timestamptz,
  -- Up to when the rate has been made use of.
  paced_at           timestamptz      NOT NULL,
  version            integer          NOT NULL,
  CONSTRAINT sale_room_watermark CHECK (0 <= admitted AND admitted < next_number)
) WITH (fillfactor = 50);
-- What the workers look at, several times a second.
CREATE INDEX sale_room_open ON sale_room (starts_at) WHERE state <> 'ENDED';

-- A place in a sale's queue. Guarded by the lock of the room's row.
CREATE TABLE sale_ticket (
  -- `<sale>/<buyer>`; `<sale>/#<number>` of one whose holder has taken another since.
  id      text        PRIMARY KEY COLLATE "C",
  sale_id text        NOT NULL COLLATE "C",
  number  bigint      NOT NULL CHECK (number > 0),
  left_at timestamptz,
  -- Used its pass, or is passed over since its holder left for good.
  done    text        CHECK (done IN ('used', 'gone')),
  version integer     NOT NULL
) WITH (fillfactor = 90);
CREATE INDEX sale_ticket_left ON sale_ticket (sale_id, number) WHERE left_at IS NOT NULL AND done IS NULL;
