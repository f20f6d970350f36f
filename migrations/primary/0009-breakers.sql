-- One breaker a neighbour, for all processes. Breaks nothing: a new table.

-- The breaker's stream, folded: what a process that calls the neighbour reads again and again.
CREATE TABLE breaker (
  party        text             PRIMARY KEY COLLATE "C",
  installed    boolean          NOT NULL,
  -- closed | half_open | open | held_open (by hand)
  state        text             NOT NULL,
  -- It judges and tells, and lets every call through.
  dry_run      boolean          NOT NULL,
  -- Nobody probes before; null while it is closed or held.
  open_until   timestamptz,
  -- Openings since it was last closed: each doubles the time.
  openings     integer          NOT NULL,
  -- Times that it was closed, by probes or by hand, and by hand alone.
  closings     integer          NOT NULL,
  resets       integer          NOT NULL,
  -- Probes under way: [{"probeId": …, "until": …}].
  probes       jsonb            NOT NULL,
  probes_succeeded integer      NOT NULL,
  -- Changes in all: who has read a later one lets an earlier one lie.
  changes      integer          NOT NULL
);
