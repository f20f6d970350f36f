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

/**
 * Places from which on so many are to have side by side, in the order of the hall and no more of it than is asked for: found
 * one by one in the index, since a window over all rows would sort the hall first. Reads a wish `w` of a product and a size.
 */
export function firstPlaces(limit: string, which = ""): string {
  return `SELECT f.row_label, f.place FROM stock_unit f CROSS JOIN LATERAL (
      SELECT count(*) AS length, bool_or(${isNotOurs("g")}) AS elsewhere FROM stock_unit g
      WHERE g.sku = f.sku AND g.row_label = f.row_label AND g.place BETWEEN f.place AND f.place + w.size - 1 AND ${toHave("g")}) run
    WHERE f.sku = w.sku AND f.place IS NOT NULL AND ${toHave("f")} AND run.length = w.size ${which}
    ORDER BY f.row_label, f.place LIMIT ${limit}`;
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
  // In the index's order, so that it is used: where all is sold there is little in it.
  loadSql: `SELECT s.sku, s.tracked, coalesce((
      SELECT true FROM stock_unit u WHERE u.sku = s.sku AND ${toHave("u")} AND ${isNotOurs("u")} ORDER BY coalesce(u.held_until, '-infinity'::timestamptz) LIMIT 1), false) AS "moreElsewhere"
    FROM stock_item s WHERE s.sku = ANY($1::text[])`,
});

/** The same for so many neighbours. */
export interface UnitRun {
  /** See `runKey`. */
  readonly wish: string;
  readonly elsewhere: boolean;
}

export const unitRunState = defineWriteState<UnitRun>({
  table: "unit_run",
  rank: 41,
  key: ({ wish }) => wish,
  loadSql: `SELECT k AS wish, EXISTS (SELECT FROM (${firstPlaces("1", "AND run.elsewhere")}) found) AS elsewhere
    FROM unnest($1::text[]) AS k CROSS JOIN LATERAL (SELECT split_part(k, '|', 1) COLLATE "C" AS sku, split_part(k, '|', 2)::int AS size) w`,
});

export function runKey(sku: string, size: number): string {
  return `${sku}|${String(size)}`;
}

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
