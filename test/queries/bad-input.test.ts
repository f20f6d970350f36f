import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { newId } from "../../src/kernel/ids.js";
import { ShopApi, type Answer } from "./shop-api.js";
import { address, cancelOrder, furnish, placeOrder, receiveStock, upsertCustomer, upsertProducts } from "./shop-life.js";

describe("bad input", () => {
  let shop: ShopApi;
  let eventsBefore: number;
  const countEvents = async (): Promise<number> => {
    const { rows } = await shop.write.pool.query<{ count: number }>("SELECT count(*)::int AS count FROM event_log");
    return rows[0]!.count;
  };
  beforeAll(async () => {
    shop = await ShopApi.start();
    await furnish(shop);
    eventsBefore = await countEvents();
  });
  afterAll(async () => {
    expect(await countEvents()).toBe(eventsBefore);
    await shop.stop();
  });

  const place = (input: object, caller: string | null = "ann"): Promise<Answer> => shop.ask(caller, placeOrder, { input: { idempotencyKey: newId(), ...input } });
  const codeOf = ({ errors }: Answer): unknown => errors?.[0]?.extensions.code;

  it.each([
    ["no lines", [], "NO_LINES", ["lines"]],
    ["quantity 0", [{ sku: "LAMP", quantity: 0 }], "INVALID_QUANTITY", ["lines", "0", "quantity"]],
    ["a negative quantity", [{ sku: "LAMP", quantity: -3 }], "INVALID_QUANTITY", ["lines", "0", "quantity"]],
    ["a huge quantity", [{ sku: "LAMP", quantity: 2_147_483_647 }], "INVALID_QUANTITY", ["lines", "0", "quantity"]],
    ["more than there is", [{ sku: "SHADE", quantity: 1 }, { sku: "LAMP", quantity: 101 }], "OUT_OF_STOCK", ["lines", "1", "quantity"]],
    ["an unknown product", [{ sku: "LAMP", quantity: 1 }, { sku: "NOPE", quantity: 1 }], "UNKNOWN_PRODUCT", ["lines", "1", "sku"]],
    ["a product twice", [{ sku: "LAMP", quantity: 1 }, { sku: "LAMP", quantity: 1 }], "DUPLICATE_SKU", ["lines", "1", "sku"]],
    ["1,000 lines", Array.from({ length: 1_000 }, (_, index) => ({ sku: `S${String(index)}`, quantity: 1 })), "TOO_MANY_LINES", ["lines"]],
  ])("in an order: %s is refused as data", async (_name, lines, code, field) => {
    const { data, errors } = await place({ lines });
    expect(errors).toBeUndefined();
    expect(data.placeOrder).toMatchObject({ order: null, orderId: null, userErrors: [{ code, field }] });
  });

  it.each([
    ["a quantity beyond Int", { lines: [{ sku: "LAMP", quantity: 2_147_483_648 }] }],
    ["a fraction", { lines: [{ sku: "LAMP", quantity: 1.5 }] }],
    ["an unknown field", { lines: [{ sku: "LAMP", quantity: 1, colour: "red" }] }],
    ["too many lines to look at", { lines: Array.from({ length: 1_001 }, () => ({ sku: "LAMP", quantity: 1 })) }],
    ["NUL in a SKU", { lines: [{ sku: "LA\0MP", quantity: 1 }] }],
    ["half a surrogate pair in a SKU", { lines: [{ sku: "LAMP\ud800", quantity: 1 }] }],
    ["a SKU without end", { lines: [{ sku: "L".repeat(5_000), quantity: 1 }] }],
    ["a key with a space", { lines: [{ sku: "LAMP", quantity: 1 }], idempotencyKey: "my key" }],
  ])("in an order: %s is an error with its code", async (_name, input) => {
    const answer = await place(input);
    expect(codeOf(answer)).toBe("BAD_USER_INPUT");
    expect(answer.status).toBe(400);
  });

  it("of somebody without the right is turned away before anything is looked at", async () => {
    const lines = [{ sku: "LAMP", quantity: 1 }];
    expect(codeOf(await place({ lines }, null))).toBe("UNAUTHENTICATED");
    expect(codeOf(await place({ lines, customerId: "bob" }))).toBe("FORBIDDEN");
    expect(codeOf(await place({ lines }, "operator"))).toBe("BAD_USER_INPUT");
    expect((await place({ lines }, "nobody-knows-me")).data.placeOrder.userErrors).toMatchObject([{ code: "CUSTOMER_UNKNOWN", field: ["customerId"] }]);
    expect(codeOf(await shop.ask("ann", upsertProducts, { input: { products: [], idempotencyKey: newId() } }))).toBe("FORBIDDEN");
    expect(codeOf(await shop.ask("ann", receiveStock, { input: { lines, idempotencyKey: newId() } }))).toBe("FORBIDDEN");
    expect(codeOf(await shop.ask("ann", "{ alerts(first: 1) { nodes { id } } }"))).toBe("FORBIDDEN");
    expect(codeOf(await shop.ask("ann", "{ salesDashboard(from: \"2026-01-01T00:00:00Z\", to: \"2026-01-02T00:00:00Z\") { refreshedAt } }"))).toBe("FORBIDDEN");
  });

  it.each(["nonsense", "order_", "order_123", "product_11111111-1111-5111-8111-111111111111", "order_11111111-1111-5111-8111-111111111111'--", "order_\0"])(
    "as an id, %j, is told wherever an order is named", async (id) => {
      for (const query of ["query ($id: ID!) { order(id: $id) { id } }", "query ($id: ID!) { tracking(orderId: $id) { version } }"]) {
        expect(codeOf(await shop.ask("ann", query, { id }))).toBe("BAD_USER_INPUT");
      }
      expect(codeOf(await shop.ask("operator", "query ($id: ID!) { orderTrace(orderId: $id) { orderId } }", { id }))).toBe("BAD_USER_INPUT");
      expect(codeOf(await shop.ask("ann", cancelOrder, { input: { orderId: id, reason: "", idempotencyKey: newId() } }))).toBe("BAD_USER_INPUT");
    });

  it("for a catalog is refused by the product's place", async () => {
    const lamp = { sku: "NEW", name: "New", price: "1.00", weightGrams: 1, taxBasisPoints: 0 };
    const upsert = async (...products: object[]): Promise<unknown> =>
      (await shop.ask("operator", upsertProducts, { input: { products, idempotencyKey: newId() } })).data.upsertProducts;
    expect(await upsert(lamp, { ...lamp, sku: "NEW2", price: "1.005" })).toMatchObject({ skus: null, userErrors: [{ code: "INVALID_PRICE", field: ["products", "1", "price"] }] });
    expect(await upsert({ ...lamp, price: "-1" })).toMatchObject({ userErrors: [{ code: "INVALID_PRICE" }] });
    expect(await upsert({ ...lamp, sku: "a b" })).toMatchObject({ userErrors: [{ code: "INVALID_SKU", field: ["products", "0", "sku"] }] });
    expect(await upsert()).toMatchObject({ userErrors: [{ code: "NO_PRODUCTS" }] });
    const noNumber = await shop.ask("operator", upsertProducts, { input: { products: [{ ...lamp, price: "cheap" }], idempotencyKey: newId() } });
    expect(codeOf(noNumber)).toBe("BAD_USER_INPUT");
  });

  it("about a customer is refused by the field", async () => {
    const { data } = await shop.ask("ann", upsertCustomer, { input: { name: "Ann", email: "nowhere", address, idempotencyKey: newId() } });
    expect(data.upsertCustomer).toMatchObject({ customerId: null, userErrors: [{ code: "INVALID_EMAIL", field: ["email"] }] });
  });

  it("in a list: size, cursor and position are checked", async () => {
    const list = (args: string): Promise<Answer> => shop.ask("ann", `{ orders(${args}) { nodes { id } } }`);
    for (const args of ["first: 0", "first: 101", "first: 1, last: 1", "last: 1, after: \"x\"", "first: 1, after: \"nonsense\"", "first: 1, position: \"soon\"",
      `first: 1, after: "${Buffer.from("[\"2026-01-01T00:00:00.000Z\",\"1; DROP TABLE\"]").toString("base64url")}"`]) {
      expect([args, codeOf(await list(args))]).toEqual([args, "BAD_USER_INPUT"]);
    }
    expect(codeOf(await shop.ask("ann", "{ orders { nodes { id } } }"))).toBe("BAD_USER_INPUT");
  });
});
