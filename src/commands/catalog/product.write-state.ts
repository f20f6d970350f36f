import { defineWriteState } from "../../kernel/command.js";

/** What an order needs to price a line. */
export interface ProductRow {
  readonly sku: string;
  readonly name: string;
  readonly priceMinor: number;
  readonly currency: string;
  readonly weightGrams: number;
  /** 1 % is 100. */
  readonly taxBasisPoints: number;
}

const columns = `sku, name, price_minor::float8 AS "priceMinor", currency, weight_grams AS "weightGrams", tax_basis_points AS "taxBasisPoints"`;

/** Read without a lock: an order takes the price that stands at its moment. Written only by `upsertProducts`, under the stream's lock. */
export const productState = defineWriteState<ProductRow>({
  table: "product",
  rank: 10,
  loadSql: `SELECT ${columns} FROM product WHERE sku = ANY($1::text[])`,
  saveSql: `INSERT INTO product (sku, name, price_minor, currency, weight_grams, tax_basis_points)
    SELECT "sku", "name", "priceMinor", "currency", "weightGrams", "taxBasisPoints"
    FROM json_to_recordset($1::json) AS r ("sku" text, "name" text, "priceMinor" bigint, "currency" text, "weightGrams" integer, "taxBasisPoints" integer)
    ON CONFLICT (sku) DO UPDATE SET name = excluded.name, price_minor = excluded.price_minor, currency = excluded.currency,
      weight_grams = excluded.weight_grams, tax_basis_points = excluded.tax_basis_points`,
  key: ({ sku }) => sku,
});
