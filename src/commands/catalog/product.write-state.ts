import { defineEntity, p } from "@mikro-orm/postgresql";
import type { SizeMm } from "../../events/catalog.js";
import { defineWriteState } from "../../kernel/command.js";
import { writeStateSql } from "../../platform/postgres/write-state-sql.js";

/** What an order needs to price a line. */
export interface ProductRow {
  readonly sku: string;
  readonly name: string;
  readonly priceMinor: number;
  readonly currency: string;
  readonly weightGrams: number;
  /** 1 % is 100. */
  readonly taxBasisPoints: number;
  /** Null where nobody measured. */
  readonly sizeMm: SizeMm | null;
}

export const productEntity = defineEntity({
  name: "Product",
  properties: {
    sku: p.text().primary().collation("C"),
    name: p.text(),
    priceMinor: p.bigint("number"),
    currency: p.text(),
    weightGrams: p.integer(),
    taxBasisPoints: p.integer(),
    sizeMm: p.json().$type<SizeMm>().strictNullable(),
  },
  checks: [
    { name: "product_price_minor_check", expression: "price_minor >= 0" },
    { name: "product_weight_grams_check", expression: "weight_grams >= 0" },
    { name: "product_tax_basis_points_check", expression: "tax_basis_points >= 0 AND tax_basis_points <= 10000" },
  ],
});

/** Read without a lock: an order takes the price that stands at its moment. Written only by `upsertProducts`, under the stream's lock. */
export const productState = defineWriteState<ProductRow>({
  ...writeStateSql<ProductRow>(productEntity),
  rank: 10,
  key: ({ sku }) => sku,
});
