-- Sizes of products. Breaks nothing: a column that may be null.

-- [length, width, height] of one unit as it is packed, in millimetres, longest first; null where nobody measured.
ALTER TABLE product ADD COLUMN size_mm jsonb;
