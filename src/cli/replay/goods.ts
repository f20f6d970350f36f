import { hash } from "node:crypto";

/** What the file does not say of a product, made up from its code: the same at every run. */
export interface Goods {
  readonly sku: string;
  readonly name: string;
  /** Without tax. */
  readonly price: string;
  readonly weightGrams: number;
  readonly taxBasisPoints: number;
}

/** 0.40 to 20.39 in the shop's currency, 20 to 819 grams, 7 % or 19 % tax. */
export function goodsOf(sku: string): Goods {
  const chance = parseInt(hash("sha256", sku, "hex").slice(0, 12), 16);
  return {
    sku, name: `Product ${sku}`,
    price: (0.4 + (chance % 2_000) / 100).toFixed(2),
    weightGrams: 20 + (Math.floor(chance / 2_000) % 800),
    taxBasisPoints: Math.floor(chance / 1_600_000) % 4 === 0 ? 700 : 1_900,
  };
}
