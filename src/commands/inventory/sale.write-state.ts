import { defineEntity, p } from "@mikro-orm/postgresql";
import { defineWriteState } from "../../kernel/command.js";
import { writeStateSql } from "../../platform/postgres/write-state-sql.js";

/** A sale's terms and counters. Amounts in minor units, times RFC 3339 UTC. */
export interface SaleRow {
  readonly id: string;
  readonly sku: string;
  readonly priceMinor: number;
  readonly currency: string;
  readonly startsAt: string;
  readonly endsAt: string;
  /** Units a customer may have, bought or held; null for any number. */
  readonly limitPerCustomer: number | null;
  readonly holdSeconds: number;
  /** True where a pass is needed to reserve. */
  readonly waitingRoom: boolean;
  /** True once what was left is on the shelf again; by the clock it may be over before. */
  readonly ended: boolean;
  readonly leftUnits: number;
  readonly held: number;
  readonly sold: number;
  readonly version: number;
}

export const saleEntity = defineEntity({
  name: "Sale",
  properties: {
    id: p.text().primary().collation("C"),
    sku: p.text(),
    priceMinor: p.bigint("number"),
    currency: p.text(),
    startsAt: p.string().columnType("timestamptz"),
    endsAt: p.string().columnType("timestamptz"),
    limitPerCustomer: p.bigint("number").strictNullable(),
    holdSeconds: p.integer(),
    waitingRoom: p.boolean(),
    ended: p.boolean(),
    leftUnits: p.bigint("number"),
    held: p.bigint("number"),
    sold: p.bigint("number"),
    version: p.integer(),
  },
  checks: [
    { name: "sale_price_minor_check", expression: "price_minor >= 0" },
    { name: "sale_never_oversold", expression: "left_units >= 0 AND held >= 0 AND sold >= 0" },
  ],
  indexes: [{ name: "sale_ends_at", expression: "create index sale_ends_at on sale (ends_at) where not ended" }],
});

/** Locked after the stock of its SKU, which every command that touches a sale locks as well. */
export const saleState = defineWriteState<SaleRow>({
  ...writeStateSql<SaleRow>(saleEntity, { locked: true }),
  rank: 25,
  key: ({ id }) => id,
});

/** What somebody has bought in a sale. */
export interface SaleBuyerRow {
  /** See `saleBuyerKey`. */
  readonly id: string;
  readonly bought: number;
}

export const saleBuyerEntity = defineEntity({
  name: "SaleBuyer",
  properties: {
    id: p.text().primary().collation("C"),
    bought: p.bigint("number"),
  },
  checks: [{ name: "sale_buyer_bought_check", expression: "bought >= 0" }],
});

/** Guarded by the lock of the sale's row. */
export const saleBuyerState = defineWriteState<SaleBuyerRow>({
  ...writeStateSql<SaleBuyerRow>(saleBuyerEntity),
  rank: 35,
  key: ({ id }) => id,
});

/** @param buyer `customer:<id>` or `guest:<hash>` */
export function saleBuyerKey(saleId: string, buyer: string): string {
  return `${saleId}/${buyer}`;
}
