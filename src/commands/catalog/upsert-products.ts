import type { SizeMm } from "../../events/catalog.js";
import { defineCommand } from "../../kernel/command.js";
import { isCurrency } from "../../kernel/money.js";
import { Refusal } from "../../kernel/refusal.js";
import { openStock, stockOf } from "../inventory/inventory.steps.js";
import { productStream } from "./product.decider.js";
import { productState, type ProductRow } from "./product.write-state.js";

export const productsMax = 500;
export const productNameMax = 200;
const pricePlausibleMaxMinor = 100_000_000_00;
const weightMaxGrams = 10_000_000;
export const sideMaxMm = 20_000;
const skuPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export interface UpsertProductsInput {
  readonly products: readonly ProductToUpsert[];
}

/** Its sides may come in any order, and any number of them: they are looked at here. */
export interface ProductToUpsert extends Omit<ProductRow, "sizeMm"> {
  readonly sizeMm?: readonly number[] | null;
}

/** Creates or changes products; all or none. */
export const upsertProducts = defineCommand<UpsertProductsInput, { readonly skus: readonly string[] }>({
  name: "upsertProducts",
  needs: ({ products }) => (products.length > productsMax ? {} : {
    streams: products.map(({ sku }) => ({ type: productStream, id: sku })),
    rows: [stockOf(products.map(({ sku }) => ({ sku, quantity: 0 })))],
  }),
  decide({ products }, unit) {
    if (products.length === 0) throw new Refusal("NO_PRODUCTS", "Name at least one product.", "products");
    if (products.length > productsMax) throw new Refusal("TOO_MANY_PRODUCTS", `Send at most ${String(productsMax)} products at once.`, "products");
    products.forEach(check);
    if (new Set(products.map(({ sku }) => sku)).size < products.length) {
      throw new Refusal("DUPLICATE_SKU", "Name each SKU once.", "products");
    }
    for (const product of products.map((wanted) => ({ ...wanted, sizeMm: wanted.sizeMm ? longestFirst(wanted.sizeMm) : null }))) {
      const said = unit.execute(productStream, product.sku, { type: "UpsertProduct", ...product });
      if (said.length > 0) unit.put(productState, product);
      openStock(unit, product.sku);
    }
    return { skus: products.map(({ sku }) => sku) };
  },
});

/** However somebody held the ruler. */
function longestFirst(sizeMm: readonly number[]): SizeMm {
  const [long = 0, middle = 0, short = 0] = sizeMm.toSorted((one, two) => two - one);
  return [long, middle, short];
}

function check({ sku, name, priceMinor, currency, weightGrams, taxBasisPoints, sizeMm }: ProductToUpsert, index: number): void {
  const field = `products.${String(index)}`;
  if (!skuPattern.test(sku)) throw new Refusal("INVALID_SKU", "A SKU has 1 to 64 letters, digits, dots, dashes or underscores.", `${field}.sku`);
  if (name.trim() === "" || name.length > productNameMax) throw new Refusal("INVALID_NAME", `A name has 1 to ${String(productNameMax)} characters.`, `${field}.name`);
  if (!isCurrency(currency)) throw new Refusal("UNKNOWN_CURRENCY", `${currency} is no currency of ISO 4217.`, `${field}.price`);
  if (!Number.isSafeInteger(priceMinor) || priceMinor < 0 || priceMinor > pricePlausibleMaxMinor) {
    throw new Refusal("INVALID_PRICE", "A price is zero or more, with no more digits than its currency has.", `${field}.price`);
  }
  if (!Number.isInteger(weightGrams) || weightGrams < 0 || weightGrams > weightMaxGrams) {
    throw new Refusal("INVALID_WEIGHT", "A weight is 0 to 10,000,000 grams.", `${field}.weightGrams`);
  }
  if (!Number.isInteger(taxBasisPoints) || taxBasisPoints < 0 || taxBasisPoints > 10_000) {
    throw new Refusal("INVALID_TAX_RATE", "A tax rate is 0 to 10,000 basis points.", `${field}.taxBasisPoints`);
  }
  if (!isSizeOrNone(sizeMm)) throw new Refusal("INVALID_SIZE", "A size has three sides of 1 to 20,000 millimetres.", `${field}.sizeMm`);
}

function isSizeOrNone(sizeMm: ProductToUpsert["sizeMm"]): boolean {
  return !sizeMm || sizeMm.length === 3 && sizeMm.every((side) => Number.isInteger(side) && side >= 1 && side <= sideMaxMm);
}
