import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { withClient } from "../../src/platform/postgres/connection.js";
import { createShopDatabases, type ShopDatabases } from "../support/shop-databases.js";
import { schemaListing } from "./schema-listing.js";

/** Not among the migrations of a set: every .sql there is run. */
const fileOf = (set: "primary" | "read"): URL => new URL(`../../migrations/${set}-schema.txt`, import.meta.url);

/** `MILLRACE_RENEW_SCHEMA=1 npm test -- test/drift` writes the listings anew: look at the difference before it is committed. */
const renews = process.env["MILLRACE_RENEW_SCHEMA"] === "1";

describe("the committed listing of what the migrations make", () => {
  let shop: ShopDatabases;
  beforeAll(async () => { shop = await createShopDatabases({ nodes: 1, connect: false }); });
  afterAll(() => shop.drop());

  it.each(["primary", "read"] as const)("is that of a freshly migrated database: %s", async (set) => {
    const { adminUrl } = set === "primary" ? shop.primary : shop.nodes[0]!;
    const listing = await withClient({ url: adminUrl }, schemaListing);
    if (renews) await writeFile(fileOf(set), listing);
    expect((await readFile(fileOf(set), "utf8")).replaceAll("\r\n", "\n")).toBe(listing);
  });
});
