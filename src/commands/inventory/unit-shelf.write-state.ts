import { defineWriteState } from "../../kernel/command.js";

/**
 * Whether a unit is free, or held by somebody whose time is over. A little more is looked at, since the batch's own time
 * is read afterwards: who decides compares. @param alias of stock_unit in the statement
 */
export function toHave(alias: string): string {
  // In a subquery of its own, so that it is computed once and the index can use it.
  return `${alias}.state IN ('free', 'held') AND coalesce(${alias}.held_until, '-infinity'::timestamptz) <= (SELECT clock_timestamp() + interval '1 second')`;
}

/**
 * Whether this transaction has not locked a row. Locking puts the transaction's number into the row's `xmax`; there is
 * no other way to tell one's own locks from those of others without waiting for them.
 */
function isNotOurs(alias: string): string {
  return `${alias}.xmax IS DISTINCT FROM pg_current_xact_id_if_assigned()::xid`;
}

/** What can be seen of a tracked product without locking anything. Read after the units, so that it tells what was not to be had of them. */
export interface UnitShelf {
  readonly sku: string;
  readonly tracked: boolean;
  /** There are units to have that this batch could not lock: somebody else has, and may let go. */
  readonly moreElsewhere: boolean;
}

export const unitShelfState = defineWriteState<UnitShelf>({
  table: "unit_shelf",
  rank: 41,
  key: ({ sku }) => sku,
  loadSql: `SELECT s.sku, s.tracked, EXISTS (SELECT FROM stock_unit u WHERE u.sku = s.sku AND ${toHave("u")} AND ${isNotOurs("u")}) AS "moreElsewhere"
    FROM stock_item s WHERE s.sku = ANY($1::text[])`,
});

/** The same for neighbours. */
export interface UnitRuns {
  readonly sku: string;
  /** Places in the longest row of places to have which is not all ours. */
  readonly longestElsewhere: number;
}

export const unitRunsState = defineWriteState<UnitRuns>({
  table: "unit_runs",
  rank: 41,
  key: ({ sku }) => sku,
  loadSql: `SELECT k AS sku, coalesce(longest.length, 0)::int AS "longestElsewhere" FROM unnest($1::text[]) AS k CROSS JOIN LATERAL (
    SELECT max(run.length) AS length FROM (
      SELECT count(*) AS length FROM (
        SELECT u.row_label, u.place - row_number() OVER (PARTITION BY u.row_label ORDER BY u.place) AS run, ${isNotOurs("u")} AS elsewhere
        FROM stock_unit u WHERE u.sku = k COLLATE "C" AND ${toHave("u")} AND u.place IS NOT NULL) place
      GROUP BY row_label, run HAVING bool_or(elsewhere)) run) longest`,
});

/** Who has a place. Places change with receipts alone, under the lock of their product. */
export interface UnitPlace {
  /** See `placeKey`. */
  readonly place: string;
  readonly unitId: string;
}

export const unitPlaceState = defineWriteState<UnitPlace>({
  table: "unit_place",
  rank: 41,
  key: ({ place }) => place,
  loadSql: `SELECT k AS place, u.unit_id AS "unitId" FROM unnest($1::text[]) AS k JOIN stock_unit u ON u.sku = split_part(k, '/', 1) COLLATE "C"
    AND u.row_label = split_part(k, '/', 2) COLLATE "C" AND u.place = split_part(k, '/', 3)::int AND u.state <> 'gone'`,
});

export function placeKey(sku: string, rowLabel: string, place: number): string {
  return `${sku}/${rowLabel}/${String(place)}`;
}
