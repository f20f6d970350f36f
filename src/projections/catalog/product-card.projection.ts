import type { ProductEvent, SizeMm } from "../../events/catalog.js";
import { defineProjection } from "../../kernel/projection.js";

/** A product as the catalog shows it. */
export interface ProductCardRow {
  readonly sku: string;
  readonly name: string;
  readonly priceMinor: number;
  readonly currency: string;
  readonly weightGrams: number;
  /** 1 % is 100. */
  readonly taxBasisPoints: number;
  /** Null where nobody measured. */
  readonly sizeMm: SizeMm | null;
  readonly updatedAt: string;
  readonly version: number;
}

/** One row a product. */
export const productCard = defineProjection<ProductEvent, ProductCardRow>({
  name: "product_card",
  version: 2,
  categories: ["product"],
  key: "sku",
  touches: ({ sku }) => [sku],
  on: {
    ProductUpserted: ({ sku, name, priceMinor, currency, weightGrams, taxBasisPoints, sizeMm = null }, rows, { version, recordedAt }) =>
      rows.put({ sku, name, priceMinor, currency, weightGrams, taxBasisPoints, sizeMm, updatedAt: recordedAt, version }),
  },
  push: ({ sku }) => [`product:${sku}`],
});
