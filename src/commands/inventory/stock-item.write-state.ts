import { defineEntity, p } from "@mikro-orm/postgresql";
import { defineWriteState } from "../../kernel/command.js";
import { writeStateSql } from "../../platform/postgres/write-state-sql.js";

/** What was told last of how much there is; it is told again only after there was plenty. */
export type StockTold = "plenty" | "low" | "out";

/** One SKU's counters. `onHand` includes `reserved`. */
export interface StockItem {
  readonly sku: string;
  readonly onHand: number;
  /** Units of open orders, of holds, and set aside for sales. */
  readonly reserved: number;
  /** Grows by one with each change. */
  readonly version: number;
  /** From how many free units on the product counts as running low; null tells nobody. */
  readonly lowAt: number | null;
  readonly told: StockTold;
  /** True where its units are numbered: they are rows of `stock_unit`, and nothing is counted here. Set with the first receipt. */
  readonly tracked: boolean;
}

export const stockItemEntity = defineEntity({
  name: "StockItem",
  properties: {
    sku: p.text().primary().collation("C"),
    onHand: p.bigint("number"),
    reserved: p.bigint("number"),
    version: p.integer(),
    lowAt: p.bigint("number").strictNullable(),
    told: p.text().$type<StockTold>().default("plenty"),
    tracked: p.boolean().default(false),
  },
  checks: [
    { name: "stock_never_oversold", expression: "0 <= reserved AND reserved <= on_hand" },
    { name: "stock_item_told_check", expression: "told IN ('plenty', 'low', 'out')" },
  ],
});

/** Locked in SKU order, after the streams: every writer takes these locks in the same order. */
export const stockItemState = defineWriteState<StockItem>({
  ...writeStateSql<StockItem>(stockItemEntity, { locked: true }),
  rank: 20,
  key: ({ sku }) => sku,
});
