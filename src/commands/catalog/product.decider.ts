import type { ProductEvent, ProductUpserted, SizeMm } from "../../events/catalog.js";
import { defineStream, type Decider } from "../../kernel/decider.js";

type Product = Omit<ProductUpserted, "type"> | null;
interface UpsertProduct extends Omit<ProductUpserted, "type" | "sizeMm"> {
  readonly type: "UpsertProduct";
  readonly sizeMm?: SizeMm | null;
}

/** A product is what was said of it last; saying the same again changes nothing. */
export const productDecider: Decider<Product, UpsertProduct, ProductEvent> = {
  initial: null,
  decide({ sku, name, priceMinor, currency, weightGrams, taxBasisPoints, sizeMm }, product) {
    const same = product?.name === name && product.priceMinor === priceMinor && product.currency === currency
      && product.weightGrams === weightGrams && product.taxBasisPoints === taxBasisPoints
      && String(product.sizeMm ?? null) === String(sizeMm ?? null);
    if (same) return [];
    return [{ type: "ProductUpserted", sku, name, priceMinor, currency, weightGrams, taxBasisPoints, ...(sizeMm && { sizeMm }) }];
  },
  evolve(_product, { type: _type, ...said }) {
    return said;
  },
};

export const productStream = defineStream("product", productDecider);
