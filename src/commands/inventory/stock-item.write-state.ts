import { defineEntity, p } from "@mikro-orm/postgresql";
import { defineWriteState } from "../../kernel/command.js";
import { writeStateSql } from "../../platform/postgres/write-state-sql.js";

/** One SKU's counters. `onHand` includes `reserved`. */
export interface StockItem {
  readonly sku: string;
  readonly onHand: number;
  readonly reserved: number;
  /** Grows by one with each change. */
  readonly version: number;
}

export const stockItemEntity = defineEntity({
  name: "StockItem",
  properties: {
    sku: p.text().primary().collation("C"),
    onHand: p.bigint("number"),
    reserved: p.bigint("number"),
    version: p.integer(),
  },
  checks: [{ name: "stock_never_oversold", expression: "0 <= reserved AND reserved <= on_hand" }],
});

/** Locked in SKU order, after the streams: every writer takes these locks in the same order. */
export const stockItemState = defineWriteState<StockItem>({
  ...writeStateSql<StockItem>(stockItemEntity, { locked: true }),
  rank: 20,
  key: ({ sku }) => sku,
});
