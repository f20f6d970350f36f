-- Sales, holds of stock with an end, and thresholds of stock. Breaks nothing: new tables, and columns with defaults.

-- From how many free units on a product counts as running low, and what was told of it last.
ALTER TABLE stock_item
  ADD COLUMN low_at bigint,
  ADD COLUMN told   text NOT NULL DEFAULT 'plenty' CHECK (told IN ('plenty', 'low', 'out'));

-- The counters of a sale. `left_units + held + sold = allocation` until it ends, when what is left goes back to the shelf.
CREATE TABLE sale (
  id                 text        PRIMARY KEY COLLATE "C",
  sku                text        NOT NULL,
  price_minor        bigint      NOT NULL CHECK (price_minor >= 0),
  currency           text        NOT NULL,
  starts_at          timestamptz NOT NULL,
  ends_at            timestamptz NOT NULL,
  limit_per_customer bigint,
  hold_seconds       integer     NOT NULL,
  waiting_room       boolean     NOT NULL,
  ended              boolean     NOT NULL,
  left_units         bigint      NOT NULL,
  held               bigint      NOT NULL,
  sold               bigint      NOT NULL,
  version            integer     NOT NULL,
  CONSTRAINT sale_never_oversold CHECK (left_units >= 0 AND held >= 0 AND sold >= 0)
) WITH (fillfactor = 50);
-- What the sweeper looks for: sales whose time is over and that nobody has ended yet.
CREATE INDEX sale_ends_at ON sale (ends_at) WHERE NOT ended;

-- What a customer has bought in a sale; what is held stands in hold_line. Guarded by the sale's row.
CREATE TABLE sale_buyer (
  -- `<sale>/<buyer>`.
  id     text   PRIMARY KEY COLLATE "C",
  bought bigint NOT NULL CHECK (bought >= 0)
);

-- One line of a reservation. Guarded by the lock of its stock row: whoever reads or changes it holds that.
CREATE TABLE hold_line (
  -- `<reservation>/<sku>`.
  id             text        PRIMARY KEY COLLATE "C",
  reservation_id text        NOT NULL,
  sku            text        NOT NULL COLLATE "C",
  -- 0 where its time was over and somebody needed the units: the sweeper takes it out with the others of its reservation.
  quantity       bigint      NOT NULL CHECK (quantity >= 0),
  sale_id        text,
  buyer          text        NOT NULL,
  expires_at     timestamptz NOT NULL
);
CREATE INDEX hold_line_expiry ON hold_line (sku, expires_at) WHERE quantity > 0;
CREATE INDEX hold_line_sweep ON hold_line (expires_at);
CREATE INDEX hold_line_buyer ON hold_line (sale_id, buyer) WHERE sale_id IS NOT NULL;
