-- How far the walk over all orders has come that looks for broken invariants. Breaks nothing: a new table.

-- One row a read node: its tables are walked, the primary is asked only where one of them looks wrong.
CREATE TABLE invariant_walk (
  node      text        PRIMARY KEY COLLATE "C",
  -- Which kind of row is being walked, and the last key that was looked at; '' at its beginning.
  leg       text        NOT NULL,
  after     text        NOT NULL,
  -- Nobody takes a step before. Whoever takes one moves it on, so that another goes on where that one died.
  due_at    timestamptz NOT NULL,
  -- Counts steps: one who was too slow writes nothing over his successor's.
  turn      bigint      NOT NULL,
  -- When the walk under way began, and when one last came to its end.
  begun_at  timestamptz NOT NULL,
  walked_at timestamptz
);
