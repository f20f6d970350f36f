import type { ProductEvent, ProductUpserted } from "../../events/catalog.js";
import { defineStream, type Decider } from "../../kernel/decider.js";

type Product = Omit<ProductUpserted, "type"> | null;
interface UpsertProduct extends Omit<ProductUpserted, "type"> { readonly type: "UpsertProduct" }

/** A product is what was said of it last; saying the same again changes nothing. */
export const productDecider: Decider<Product, UpsertProduct, ProductEvent> = {
  initial: null,
  decide({ sku, name, priceMinor, currency, weightGrams, taxBasisPoints }, product) {
    const same = product?.name === name && product.priceMinor === priceMinor && product.currency === currency
      && product.weightGrams === weightGrams && product.taxBasisPoints === taxBasisPoints;
    if (same) return [];
    return [{ type: "ProductUpserted", sku, name, priceMinor, currency, weightGrams, taxBasisPoints }];
  },
  evolve(_product, { sku, name, priceMinor, currency, weightGrams, taxBasisPoints }) {
    return { sku, name, priceMinor, currency, weightGrams, taxBasisPoints };
  },
};

export const productStream = defineStream("product", productDecider);
