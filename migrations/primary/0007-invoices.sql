-- Numbers of invoices and credit notes, without a gap within a series and year. Breaks nothing.

-- Locked by whoever issues one, in the transaction of its event: a number is used or not taken.
CREATE TABLE invoice_counter (
  -- `<series>/<year>`, e.g. INV/2026.
  series     text   PRIMARY KEY COLLATE "C",
  last_number bigint NOT NULL CHECK (last_number > 0)
);
