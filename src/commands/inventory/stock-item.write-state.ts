import { defineWriteState } from "../../kernel/command.js";

/** One SKU's counters. `onHand` includes `reserved`. */
export interface StockItem {
  readonly sku: string;
  readonly onHand: number;
  readonly reserved: number;
  /** Grows by one with each change. */
  readonly version: number;
}

/** Locked in SKU order, after the streams: every writer takes these locks in the same order. */
export const stockItemState = defineWriteState<StockItem>({
  table: "stock_item",
  rank: 20,
  loadSql: `SELECT sku, on_hand::float8 AS "onHand", reserved::float8 AS reserved, version
    FROM stock_item WHERE sku = ANY($1::text[]) ORDER BY sku COLLATE "C" FOR UPDATE`,
  saveSql: `INSERT INTO stock_item (sku, on_hand, reserved, version)
    SELECT "sku", "onHand", "reserved", "version"
    FROM json_to_recordset($1::json) AS r ("sku" text, "onHand" bigint, "reserved" bigint, "version" integer)
    ON CONFLICT (sku) DO UPDATE SET on_hand = excluded.on_hand, reserved = excluded.reserved, version = excluded.version`,
  key: ({ sku }) => sku,
});
