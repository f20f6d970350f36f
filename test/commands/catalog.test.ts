import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { upsertProducts, type ProductToUpsert } from "../../src/commands/catalog/upsert-products.js";
import { receiveStock } from "../../src/commands/inventory/receive-stock.js";
import type { StockLine } from "../../src/commands/inventory/inventory.steps.js";
import { by, customer, openShop, operator, order, placeOrder, productOf, type Shop, type TestBus } from "../bus/shop.js";

const many = <Item>(count: number, make: (index: number) => Item): Item[] => Array.from({ length: count }, (_, index) => make(index));

describe("catalog and stock", () => {
  let shop: Shop;
  let here: TestBus;
  let there: TestBus;
  beforeAll(async () => {
    shop = await openShop();
    here = shop.process();
    there = shop.process();
    await shop.stock({ TEA: 10 });
    await here.execute(upsertProducts, { products: [{ ...productOf("DEAR"), priceMinor: 10_000_000_000 }, { ...productOf("FOREIGN"), currency: "USD" }] }, by(operator));
    await here.execute(receiveStock, { lines: [{ sku: "DEAR", quantity: 2_000_000 }] }, by(operator));
  });
  afterAll(() => shop.close());

  const rowsOf = async () => (await shop.pool.query("SELECT (SELECT jsonb_agg(p ORDER BY sku) FROM product p) AS products, (SELECT jsonb_agg(s ORDER BY sku) FROM stock_item s) AS stock")).rows;
  /** Expects that refusal, and that nothing is written but the answer. */
  async function refused(work: () => Promise<{ refusal: unknown }>, code: string, field: string): Promise<void> {
    const before = { ...await shop.written(), rows: await rowsOf() };
    expect(await work()).toMatchObject({ answer: null, refusal: { code, field } });
    expect({ ...await shop.written(), rows: await rowsOf() }).toEqual({ ...before, answers: before.answers + 1 });
  }

  const good = productOf("GOOD");
  it.each<[string, string, ProductToUpsert[]]>([
    ["NO_PRODUCTS", "products", []],
    ["TOO_MANY_PRODUCTS", "products", many(501, (index) => productOf(`N-${String(index)}`))],
    ["DUPLICATE_SKU", "products", [good, good]],
    ["INVALID_SKU", "products.1.sku", [good, productOf("")]],
    ["INVALID_SKU", "products.0.sku", [productOf("no spaces")]],
    ["INVALID_SKU", "products.0.sku", [productOf("x".repeat(65))]],
    ["INVALID_NAME", "products.0.name", [{ ...good, name: "  " }]],
    ["INVALID_NAME", "products.0.name", [{ ...good, name: "x".repeat(201) }]],
    ["INVALID_PRICE", "products.0.price", [{ ...good, priceMinor: -1 }]],
    ["INVALID_PRICE", "products.0.price", [{ ...good, priceMinor: 0.5 }]],
    ["INVALID_PRICE", "products.0.price", [{ ...good, priceMinor: Number.NaN }]],
    ["INVALID_PRICE", "products.0.price", [{ ...good, priceMinor: 10_000_000_001 }]],
    ["INVALID_WEIGHT", "products.0.weightGrams", [{ ...good, weightGrams: -1 }]],
    ["INVALID_WEIGHT", "products.0.weightGrams", [{ ...good, weightGrams: 10_000_001 }]],
    ["INVALID_SIZE", "products.1.sizeMm", [good, { ...productOf("FLAT"), sizeMm: [300, 200] }]],
    ["INVALID_SIZE", "products.0.sizeMm", [{ ...good, sizeMm: [300, 200, 0] }]],
    ["INVALID_SIZE", "products.0.sizeMm", [{ ...good, sizeMm: [300, 20_001, 10] }]],
    ["INVALID_SIZE", "products.0.sizeMm", [{ ...good, sizeMm: [300, 200, 10.5] }]],
    ["INVALID_TAX_RATE", "products.0.taxBasisPoints", [{ ...good, taxBasisPoints: 10_001 }]],
    ["INVALID_TAX_RATE", "products.0.taxBasisPoints", [{ ...good, taxBasisPoints: 7.5 }]],
  ])("refuses products with %s at %s", (code, field, products) => refused(() => here.execute(upsertProducts, { products }, by(operator)), code, field));

  const line = (sku: string, quantity: number): StockLine => ({ sku, quantity });
  it.each<[string, string, StockLine[]]>([
    ["NO_LINES", "lines", []],
    ["TOO_MANY_LINES", "lines", many(501, (index) => line(`N-${String(index)}`, 1))],
    ["DUPLICATE_SKU", "lines", [line("TEA", 1), line("TEA", 2)]],
    ["UNKNOWN_PRODUCT", "lines.1.sku", [line("TEA", 1), line("NONE", 1)]],
    ["INVALID_QUANTITY", "lines.0.quantity", [line("TEA", 0)]],
    ["INVALID_QUANTITY", "lines.0.quantity", [line("TEA", -5)]],
    ["INVALID_QUANTITY", "lines.0.quantity", [line("TEA", 10_000_001)]],
  ])("refuses goods with %s at %s", (code, field, lines) => refused(() => here.execute(receiveStock, { lines }, by(operator)), code, field));

  it.each<[string, string, StockLine[]]>([
    ["NO_LINES", "lines", []],
    ["TOO_MANY_LINES", "lines", many(1_000, (index) => line(`N-${String(index)}`, 1))],
    ["DUPLICATE_SKU", "lines.1.sku", [line("TEA", 1), line("TEA", 2)]],
    ["UNKNOWN_PRODUCT", "lines.1.sku", [line("TEA", 1), line("NONE", 1)]],
    ["INVALID_QUANTITY", "lines.0.quantity", [line("TEA", 0)]],
    ["INVALID_QUANTITY", "lines.0.quantity", [line("TEA", -1)]],
    ["INVALID_QUANTITY", "lines.0.quantity", [line("TEA", 1.5)]],
    ["INVALID_QUANTITY", "lines.0.quantity", [line("TEA", Number.POSITIVE_INFINITY)]],
    ["INVALID_QUANTITY", "lines.0.quantity", [line("TEA", 1_000_001)]],
    ["OUT_OF_STOCK", "lines.1.quantity", [line("DEAR", 1), line("TEA", 11)]],
    ["CURRENCY_MISMATCH", "lines.0.sku", [line("FOREIGN", 1)]],
    ["AMOUNT_TOO_LARGE", "lines", [line("DEAR", 1_000_000)]],
  ])("refuses an order with %s at %s", (code, field, lines) => refused(() => here.execute(placeOrder, { customerId: customer.id, lines }, by(customer)), code, field));

  it("takes an order of 500 lines, its totals fixed", async () => {
    const skus = many(500, (index) => `LINE-${String(index)}`);
    await shop.stock(Object.fromEntries(skus.map((sku) => [sku, 1])));
    const { answer } = await order(here, Object.fromEntries(skus.map((sku) => [sku, 1])));
    expect(answer?.totals).toEqual({ currency: "EUR", linesMinor: 500_000, shippingMinor: 490 + 50 * 50, taxMinor: 95_000, totalMinor: 597_990 });
  });

  it("keeps a product's size longest side first, sends an order with it, and forgets it where the product is said to have none", async () => {
    const box = { ...productOf("BOX"), sizeMm: [90, 300, 120] };
    const told = async () => (await shop.pool.query("SELECT data->'sizeMm' AS said, p.size_mm AS kept FROM event_log JOIN product p ON p.sku = 'BOX' WHERE stream_id = 'product-BOX' ORDER BY version")).rows;
    await here.execute(upsertProducts, { products: [box] }, by(operator));
    await here.execute(receiveStock, { lines: [line("BOX", 1)] }, by(operator));
    await here.execute(upsertProducts, { products: [{ ...box, sizeMm: [300, 120, 90] }] }, by(operator)); // the same, held otherwise
    expect(await told()).toEqual([{ said: [300, 120, 90], kept: [300, 120, 90] }]);
    const { answer } = await order(here, { BOX: 1 });
    const { rows: [placed] } = await shop.pool.query<{ lines: unknown }>("SELECT data->'lines' AS lines FROM event_log WHERE stream_id = $1", [`order-${answer?.orderId ?? ""}`]);
    expect(placed?.lines).toEqual([expect.objectContaining({ sku: "BOX", unitSizeMm: [300, 120, 90] })]);
    await here.execute(upsertProducts, { products: [productOf("BOX")] }, by(operator));
    expect(await told()).toEqual([{ said: [300, 120, 90], kept: null }, { said: null, kept: null }]);
  });

  it("keeps one row of stock for a product that two processes create at once, and loses no goods", async () => {
    for (let round = 0; round < 5; round += 1) {
      const skus = many(20, (index) => `NEW-${String(round)}-${String(index)}`);
      const make = (bus: TestBus, ordered: readonly string[], priceMinor: number) => bus.execute(upsertProducts, { products: ordered.map((sku) => ({ ...productOf(sku), priceMinor })) }, by(operator));
      const receive = (bus: TestBus, ordered: readonly string[]) => bus.execute(receiveStock, { lines: ordered.map((sku) => line(sku, 3)) }, by(operator));
      // Whoever creates receives at once; the other creates the same, in another order, and receives as well.
      await Promise.all([make(here, skus, 100), make(there, skus.toReversed(), 200)]);
      const outcomes = await Promise.all([make(here, skus, 300), receive(there, skus), receive(here, skus.toReversed()), make(there, skus, 400), receive(there, skus)]);
      expect(outcomes.every(({ refusal }) => refusal === null)).toBe(true);
      for (const sku of skus) expect(await shop.stockOf(sku)).toEqual({ onHand: 9, reserved: 0, version: 3 });
    }
    // The row says what the stream said last.
    const { rows } = await shop.pool.query(`SELECT p.sku FROM product p JOIN LATERAL (
        SELECT data FROM event_log WHERE stream_id = 'product-' || p.sku ORDER BY version DESC LIMIT 1
      ) e ON true WHERE p.price_minor <> (e.data->>'priceMinor')::bigint`);
    expect(rows).toEqual([]);
  });
});
