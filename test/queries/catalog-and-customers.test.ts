import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { newId } from "../../src/kernel/ids.js";
import { ShopApi } from "./shop-api.js";
import { address, furnish, order, upsertProducts } from "./shop-life.js";

const products = `query ($first: Int, $after: String, $last: Int, $search: String, $position: String) {
  products(first: $first, after: $after, last: $last, filter: { search: $search }, position: $position) { nodes { sku name price { amount currency } stock { available } } pageInfo { hasNextPage endCursor } } }`;
const customer = "query ($id: ID!, $position: String) { customer(id: $id, position: $position) { id name email phone address { street city postalCode country } } }";
const eraseCustomer = "mutation ($input: EraseCustomerInput!) { eraseCustomer(input: $input) { customerId position userErrors { code } } }";

describe("the catalog", () => {
  let shop: ShopApi;
  let furnished: string;
  beforeAll(async () => {
    shop = await ShopApi.start();
    furnished = await furnish(shop);
  });
  afterAll(() => shop.stop());
  const skus = async (variables: object): Promise<string[]> => (await shop.ask(null, products, variables)).data.products.nodes.map(({ sku }: { sku: string }) => sku);

  it("is public, sorted, and comes in pages", async () => {
    const { data } = await shop.ask(null, products, { first: 1, position: furnished });
    expect(data.products).toMatchObject({ nodes: [{ sku: "LAMP", price: { amount: "10.00", currency: "EUR" }, stock: { available: 100 } }], pageInfo: { hasNextPage: true } });
    expect(await skus({ first: 5, after: data.products.pageInfo.endCursor })).toEqual(["SHADE"]);
    expect(await skus({ last: 1 })).toEqual(["SHADE"]);
  });

  it("is searched by how name or SKU begins, and takes signs for what they are", async () => {
    expect(await skus({ first: 5, search: "lamp" })).toEqual(["LAMP", "SHADE"]);
    expect(await skus({ first: 5, search: "SHA" })).toEqual(["SHADE"]);
    expect(await skus({ first: 5, search: "%" })).toEqual([]);
    expect((await shop.ask(null, "{ product(sku: \"NOPE\") { sku } }")).data.product).toBeNull();
  });

  it("shows a new price at the position of the answer; orders keep theirs", async () => {
    const placed = await order(shop, "ann", [{ sku: "LAMP", quantity: 1 }]);
    const { data } = await shop.ask("operator", upsertProducts, { input: { products: [{ sku: "LAMP", name: "Lamp", price: "12.50", weightGrams: 800, taxBasisPoints: 0 }], idempotencyKey: newId() } });
    const position = data.upsertProducts.position;
    expect((await shop.ask(null, "query ($position: String) { product(sku: \"LAMP\", position: $position) { price { amount } } }", { position })).data.product.price).toEqual({ amount: "12.50" });
    const { data: kept } = await shop.ask("ann", "query ($id: ID!, $position: String) { order(id: $id, position: $position) { lines { unitPrice { amount } product { price { amount } } } } }", { id: placed.orderId, position });
    expect(kept.order.lines).toEqual([{ unitPrice: { amount: "10.00" }, product: { price: { amount: "12.50" } } }]);
  });

  it("of customers shows each its own, and operators all", async () => {
    const ann = { id: "ann", name: "Ann", email: "ann@example.com", phone: null, address };
    expect((await shop.ask("ann", customer, { id: "ann", position: furnished })).data.customer).toEqual(ann);
    expect((await shop.ask("operator", customer, { id: "ann" })).data.customer).toEqual(ann);
    expect((await shop.ask("bob", customer, { id: "ann" })).data.customer).toBeNull();
    expect((await shop.ask(null, customer, { id: "ann" })).errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
    expect((await shop.ask("ann", "{ me { name } }")).data.me).toEqual({ name: "Ann" });
    expect((await shop.ask("operator", "{ me { name } }")).data.me).toBeNull();
  });

  it("forgets a customer; the order stays", async () => {
    const placed = await order(shop, "bob", [{ sku: "SHADE", quantity: 1 }]);
    const { data } = await shop.ask("bob", eraseCustomer, { input: { idempotencyKey: newId() } });
    expect(data.eraseCustomer).toMatchObject({ customerId: "bob", userErrors: [] });
    const position = data.eraseCustomer.position;
    expect((await shop.ask("operator", customer, { id: "bob", position })).data.customer).toBeNull();
    expect((await shop.ask("operator", "query ($id: ID!, $position: String) { order(id: $id, position: $position) { customerId customer { name } } }", { id: placed.orderId, position })).data.order)
      .toEqual({ customerId: "bob", customer: null });
  });
});
