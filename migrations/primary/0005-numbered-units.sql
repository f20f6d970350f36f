-- Numbered units: seats, serial numbers. Breaks nothing: a new table, and a column with a default.

-- True where the product's units are rows of stock_unit: its counters here stay at zero, so that they are no hot row.
ALTER TABLE stock_item ADD COLUMN tracked boolean NOT NULL DEFAULT false;

-- One numbered unit.
CREATE TABLE stock_unit (
  -- `<sku>/<unit_id>`.
  id             text    PRIMARY KEY COLLATE "C",
  sku            text    NOT NULL COLLATE "C",
  -- What buyers call it: A-12, a serial number.
  unit_id        text    NOT NULL,
  -- Where it is, for neighbours: the places of a row are numbered without a gap. Both or neither.
  row_label      text    COLLATE "C",
  place          integer,
  state          text    NOT NULL,
  -- Whose it is: a reservation's while held, an order's once sold.
  reservation_id text,
  order_id       text,
  held_until     timestamptz,
  version        integer NOT NULL,
  CONSTRAINT stock_unit_state_check CHECK (state IN ('free', 'held', 'sold', 'gone')),
  CONSTRAINT stock_unit_place_check CHECK ((row_label IS NULL) = (place IS NULL)),
  CONSTRAINT stock_unit_one_owner CHECK (
    (state = 'held') = (reservation_id IS NOT NULL) AND (state = 'held') = (held_until IS NOT NULL)
    AND (state IN ('sold', 'gone')) = (order_id IS NOT NULL))
);
-- What can be had: free ones first, then those whose hold has been over for longest.
CREATE INDEX stock_unit_to_have ON stock_unit (sku, coalesce(held_until, '-infinity'::timestamptz), row_label, place) WHERE state IN ('free', 'held');
-- The same, in the order of the hall, for those who want to sit side by side.
CREATE INDEX stock_unit_side_by_side ON stock_unit (sku, row_label, place) WHERE place IS NOT NULL AND state IN ('free', 'held');
-- A place has one unit; what has left the house has none.
CREATE UNIQUE INDEX stock_unit_place ON stock_unit (sku, row_label, place) WHERE place IS NOT NULL AND state <> 'gone';
