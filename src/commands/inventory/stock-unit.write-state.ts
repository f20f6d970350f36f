import { defineEntity, p } from "@mikro-orm/postgresql";
import type { UnitState } from "../../events/inventory.js";
import { defineWriteState } from "../../kernel/command.js";
import { selectedColumns, writeStateSql } from "../../platform/postgres/write-state-sql.js";
import { firstPlaces, toHave } from "./unit-shelf.write-state.js";

/** One numbered unit: a seat, a thing with a serial number. */
export interface StockUnit {
  /** See `unitKey`. */
  readonly id: string;
  readonly sku: string;
  readonly unitId: string;
  /** Where it is, for neighbours; null where it is nowhere in particular. */
  readonly rowLabel: string | null;
  readonly place: number | null;
  readonly state: UnitState;
  readonly reservationId: string | null;
  readonly orderId: string | null;
  /** RFC 3339 UTC, to the millisecond. */
  readonly heldUntil: string | null;
  /** Grows by one with each change. */
  readonly version: number;
}

export const stockUnitEntity = defineEntity({
  name: "StockUnit",
  properties: {
    id: p.text().primary().collation("C"),
    sku: p.text().collation("C"),
    unitId: p.text(),
    rowLabel: p.text().collation("C").strictNullable(),
    place: p.integer().strictNullable(),
    state: p.text().$type<UnitState>(),
    reservationId: p.text().strictNullable(),
    orderId: p.text().strictNullable(),
    heldUntil: p.string().columnType("timestamptz").strictNullable(),
    version: p.integer(),
  },
  checks: [
    { name: "stock_unit_state_check", expression: "state IN ('free', 'held', 'sold', 'gone')" },
    { name: "stock_unit_place_check", expression: "(row_label IS NULL) = (place IS NULL)" },
    {
      name: "stock_unit_one_owner",
      expression: "(state = 'held') = (reservation_id IS NOT NULL) AND (state = 'held') = (held_until IS NOT NULL) AND (state IN ('sold', 'gone')) = (order_id IS NOT NULL)",
    },
  ],
  indexes: [
    { name: "stock_unit_to_have", expression: "create index stock_unit_to_have on stock_unit (sku, coalesce(held_until, '-infinity'::timestamptz), row_label, place) where state in ('free', 'held')" },
    { name: "stock_unit_side_by_side", expression: "create index stock_unit_side_by_side on stock_unit (sku, row_label, place) where place is not null and state in ('free', 'held')" },
    { name: "stock_unit_place", expression: "create unique index stock_unit_place on stock_unit (sku, row_label, place) where place is not null and state <> 'gone'" },
  ],
});

const columns = selectedColumns(stockUnitEntity, "u");

/** Places of a hall that are looked at for one wish: more than the largest hall has. It also tells the planner that few of them will do. */
const placesMax = 1_000_000;

/** The wishes of a batch. Each key is of one command: see `wishKey`. */
const wishes = `wish AS (
    SELECT split_part(k, '|', 1) COLLATE "C" AS sku, split_part(k, '|', 2)::int AS size FROM unnest($1::text[]) AS k)`;

/**
 * By key where a buyer names units: locked in the order of keys, whoever comes second waits. For "any" units are taken
 * that nobody else has locked, so that nobody waits; these loads come after those by key, which may wait.
 * - `any`: as many as the batch wants of a product
 * - `neighbours`: of each size wanted places that have so many free ones side by side, in the order of the hall and not the whole
 *   of it: twice as many as all sizes together may take, since what others have locked breaks them up
 */
export const stockUnitState = defineWriteState<StockUnit>({
  ...writeStateSql<StockUnit>(stockUnitEntity, { locked: true }),
  rank: 40,
  key: ({ id }) => id,
  groups: {
    any: {
      loadSql: `WITH ${wishes}
        SELECT ${columns} FROM (SELECT sku, sum(size) AS units FROM wish GROUP BY sku) w CROSS JOIN LATERAL (
          SELECT * FROM stock_unit f WHERE f.sku = w.sku AND ${toHave("f")}
          ORDER BY coalesce(f.held_until, '-infinity'::timestamptz), f.row_label, f.place LIMIT w.units FOR UPDATE SKIP LOCKED) u`,
      of: ({ sku }) => sku,
    },
    neighbours: {
      loadSql: `WITH ${wishes}
        SELECT ${columns} FROM (SELECT sku, size, sum(sum(size)) OVER (PARTITION BY sku) AS units FROM wish GROUP BY sku, size) w
        CROSS JOIN LATERAL (
          SELECT n.* FROM (${firstPlaces(String(placesMax))}) s CROSS JOIN LATERAL (
            SELECT * FROM stock_unit m WHERE m.sku = w.sku AND m.row_label = s.row_label AND m.place BETWEEN s.place AND s.place + w.size - 1 AND ${toHave("m")}
            ORDER BY m.place FOR UPDATE SKIP LOCKED) n
          LIMIT 2 * w.units * w.size) u`,
      of: ({ sku }) => sku,
    },
  },
});

export function unitKey(sku: string, unitId: string): string {
  return `${sku}/${unitId}`;
}

/** A wish for any units. The command's id keeps the wishes of a batch apart, so that they add up. */
export function wishKey(sku: string, quantity: number, commandId: string): string {
  return `${sku}|${String(quantity)}|${commandId}`;
}
