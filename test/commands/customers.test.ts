import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { eraseCustomer } from "../../src/commands/customers/erase-customer.js";
import { upsertCustomer, type UpsertCustomerInput } from "../../src/commands/customers/upsert-customer.js";
import { withClient } from "../../src/platform/postgres/connection.js";
import { by, openShop, operator, placeOrder, type Shop, type TestBus } from "../bus/shop.js";
import { until } from "../replication/until.js";

const details = (customerId: string, name = "Ada"): UpsertCustomerInput => ({
  customerId, name, email: "ada@example.org", phone: null, address: { street: "1 Mill Lane", city: "Riverside", postalCode: "12345", country: "DE" },
});

describe("customers", () => {
  let shop: Shop;
  let bus: TestBus;
  beforeAll(async () => {
    shop = await openShop({ nodes: 2 });
    // One connection, so that what is sent at once is one batch.
    bus = shop.process({ lanes: [{ name: "orders", connections: 1 }, { name: "commands", connections: 1 }] });
    await shop.stock({ TEA: 100 });
  });
  afterAll(() => shop.close());

  const upsert = (customerId: string, name?: string) => bus.execute(upsertCustomer, details(customerId, name), by(operator));
  const erase = (customerId: string) => bus.execute(eraseCustomer, { customerId }, by(operator));
  const orderFor = (customerId: string) => bus.execute(placeOrder, { customerId, lines: [{ sku: "TEA", quantity: 1 }] }, by(operator));
  const nameAt = (url: string, id: string): Promise<string | undefined> => withClient({ url }, async (client) =>
    (await client.query<{ name: string }>("SELECT name FROM personal WHERE id = $1", [id])).rows[0]?.name);
  const everyNodeSays = (id: string, name: string | undefined): Promise<void> => until(`every node says ${String(name)} of ${id}`, async () =>
    (await Promise.all(shop.nodes.map(({ appUrl }) => nameAt(appUrl, id)))).every((found) => found === name));

  it("are erased here and on every node, and can place no order afterwards", async () => {
    await upsert("gone");
    await everyNodeSays("gone", "Ada");
    expect(await orderFor("gone")).toMatchObject({ refusal: null });
    expect(await erase("gone")).toMatchObject({ refusal: null });
    expect(await nameAt(shop.primary.appUrl, "gone")).toBeUndefined();
    await everyNodeSays("gone", undefined);
    const before = { ...await shop.written(), ...await shop.stockOf("TEA") };
    expect(await orderFor("gone")).toMatchObject({ refusal: { code: "CUSTOMER_UNKNOWN", field: "customerId" } });
    expect({ ...await shop.written(), ...await shop.stockOf("TEA") }).toEqual({ ...before, answers: before.answers + 1 });
  });

  it("leave no personal data in events, answers or jobs", async () => {
    await upsert("private", "Grace Hopper");
    const { rows } = await shop.pool.query(`SELECT 1 FROM event_log WHERE data::text || metadata::text LIKE '%Grace%'
      UNION ALL SELECT 1 FROM command_answer WHERE answer::text LIKE '%Grace%' UNION ALL SELECT 1 FROM pgboss.job WHERE data::text LIKE '%Grace%'`);
    expect(rows).toEqual([]);
  });

  // What counts is what was said last, also where all was said in one batch.
  it.each([
    { steps: ["upsert", "erase"], stays: false },
    { steps: ["upsert", "erase", "upsert"], stays: true },
    { steps: ["upsert", "erase", "upsert", "erase"], stays: false },
  ])("that are changed at once, $steps, end as they were left", async ({ steps, stays }) => {
    const id = `swift-${String(steps.length)}`;
    const transactions = bus.transactions.length;
    await Promise.all([erase("nobody"), ...steps.map((step, index) => (step === "upsert" ? upsert(id, `Ada ${String(index)}`) : erase(id))), upsert("beside")]);
    expect(bus.transactions.length).toBe(transactions + 1);
    expect(await nameAt(shop.primary.appUrl, id)).toBe(stays ? "Ada 2" : undefined);
    await everyNodeSays(id, stays ? "Ada 2" : undefined);
  });

  it("that are erased in the batch of another's registration leave no row", async () => {
    await upsert("old");
    await Promise.all([erase("old"), upsert("new"), upsert("old"), erase("old")]);
    expect(await nameAt(shop.primary.appUrl, "old")).toBeUndefined();
    expect(await nameAt(shop.primary.appUrl, "new")).toBe("Ada");
  });

  it("that nobody knows can neither order nor be erased", async () => {
    const before = await shop.written();
    expect(await orderFor("nobody")).toMatchObject({ refusal: { code: "CUSTOMER_UNKNOWN" } });
    expect(await erase("nobody")).toMatchObject({ refusal: { code: "CUSTOMER_UNKNOWN" } });
    expect(await shop.written()).toEqual({ ...before, answers: before.answers + 2 });
  });

  it.each<[string, string | null, Partial<UpsertCustomerInput>]>([
    ["INVALID_CUSTOMER_ID", "customerId", { customerId: "" }],
    ["INVALID_CUSTOMER_ID", "customerId", { customerId: "with space" }],
    ["INVALID_CUSTOMER_ID", "customerId", { customerId: "x".repeat(101) }],
    ["INVALID_NAME", "name", { name: "  " }],
    ["INVALID_NAME", "name", { name: "x".repeat(201) }],
    ["INVALID_EMAIL", "email", { email: "ada" }],
    ["INVALID_PHONE", "phone", { phone: "" }],
    ["INVALID_ADDRESS", "address.city", { address: { ...details("x").address, city: "" } }],
    ["INVALID_ADDRESS", "address.country", { address: { ...details("x").address, country: "Germany" } }],
  ])("are refused with %s of %s, and nothing is written", async (code, field, changes) => {
    const before = await shop.written();
    expect(await bus.execute(upsertCustomer, { ...details("bad"), ...changes }, by(operator))).toMatchObject({ refusal: { code, field } });
    expect(await shop.written()).toEqual({ ...before, answers: before.answers + 1 });
    expect(await nameAt(shop.primary.appUrl, "bad")).toBeUndefined();
  });
});
