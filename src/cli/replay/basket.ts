import { lineBytesMax, type FileLine } from "./file-lines.js";

/** One product in an order. */
export interface BasketItem {
  readonly sku: string;
  readonly quantity: number;
}

export interface Basket {
  /** Counted from 1. */
  readonly line: number;
  /** In the order in which the products first stand in the line. */
  readonly items: readonly BasketItem[];
  /** What stands in the line and is no product, as found; also in a line that cannot be used. */
  readonly notProducts: readonly string[];
  /** Why nothing can be ordered; null where it can. */
  readonly problem: string | null;
}

/** Distinct products in one order. */
export const basketItemsMax = 500;

/** Five digits and up to two letters. */
const productCode = /^\d{5}[A-Z]{0,2}$/;

/**
 * Reads one line of comma-separated product codes. Repeated codes become a quantity; the shop's clerks typed
 * letters in both cases for the same product, so `85123a` is `85123A`.
 */
export function readBasket({ number: line, text }: FileLine): Basket {
  if (text === null) return { line, items: [], notProducts: [], problem: `longer than ${lineBytesMax} bytes` };
  const quantities = new Map<string, number>();
  const notProducts: string[] = [];
  for (const field of text.trim() === "" ? [] : text.split(",")) {
    const sku = field.trim().toUpperCase();
    if (productCode.test(sku)) quantities.set(sku, (quantities.get(sku) ?? 0) + 1);
    else notProducts.push(field.trim());
  }
  const items = [...quantities].map(([sku, quantity]) => ({ sku, quantity }));
  return { line, items: problemOf(items.length) === null ? items : [], notProducts, problem: problemOf(items.length) };
}

function problemOf(products: number): string | null {
  if (products === 0) return "no product in it";
  if (products > basketItemsMax) return `${products} different products; an order takes at most ${basketItemsMax}`;
  return null;
}
