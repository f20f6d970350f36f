import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { withClient } from "../../src/platform/postgres/connection.js";
import { createShopDatabases, type ShopDatabases } from "../support/shop-databases.js";
import { until } from "./until.js";

describe("personal data", () => {
  let shop: ShopDatabases;
  beforeAll(async () => { shop = await createShopDatabases({ nodes: 2 }); });
  afterAll(() => shop.drop());

  const names = (url: string): Promise<string[]> => withClient({ url }, async (client) =>
    (await client.query<{ name: string }>("SELECT name FROM personal ORDER BY id")).rows.map(({ name }) => name));
  const everyNodeHas = (expected: readonly string[]): Promise<void> => until(`every node has ${expected.join() || "nothing"}`, async () => {
    const found = await Promise.all(shop.nodes.map(({ appUrl }) => names(appUrl)));
    return found.every((list) => list.join() === expected.join());
  });

  it("reaches every node with its changes, and leaves every node when it is erased", async () => {
    await withClient({ url: shop.primary.appUrl }, async (primary) => {
      await primary.query("INSERT INTO personal (id, name, email, address, updated_at) VALUES ('c1', 'Ada', 'ada@example.org', '{}', now()), ('c2', 'Bob', 'bob@example.org', '{}', now())");
      await everyNodeHas(["Ada", "Bob"]);
      await primary.query("UPDATE personal SET name = 'Ada L.' WHERE id = 'c1'");
      await everyNodeHas(["Ada L.", "Bob"]);
      await primary.query("DELETE FROM personal WHERE id = 'c1'");
      await everyNodeHas(["Bob"]);
    });
    expect(await names(shop.primary.appUrl)).toEqual(["Bob"]);
  });
});
