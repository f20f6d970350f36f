import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Pool } from "pg";
import { RushTeller, RushWatch } from "../../src/platform/overload/rush.js";
import { createPool } from "../../src/platform/postgres/connection.js";
import { until } from "../replication/until.js";
import { createShopDatabases, type ShopDatabases } from "../support/shop-databases.js";

describe("a rush of orders", () => {
  let shop: ShopDatabases;
  let pool: Pool;
  let watch: RushWatch;
  beforeAll(async () => {
    shop = await createShopDatabases({ nodes: 0 });
    pool = createPool({ url: shop.primary.appUrl, poolSize: 1 });
    watch = await RushWatch.open(shop.primary.appUrl);
  });
  afterAll(async () => {
    await watch.close();
    await pool.end();
    await shop.drop();
  });

  it("is told by whoever takes orders to whoever works off jobs, and is over when nobody speaks of it", async () => {
    const teller = new RushTeller(pool);
    expect(watch.isRush).toBe(false);
    teller.noted(24);
    await pool.query("SELECT 1"); // its one connection: what it said before has been said
    expect(watch.isRush).toBe(false);
    teller.noted(25);
    await until("the rush was heard of", async () => watch.isRush);
    await until("the rush is over", async () => !watch.isRush);
  });

  it("is not there where the primary cannot be reached: jobs go on", async () => {
    const nowhere = await RushWatch.open("postgres://nobody:x@127.0.0.1:9/none");
    expect(nowhere.isRush).toBe(false);
    await nowhere.close();
    const gone = createPool({ url: "postgres://nobody:x@127.0.0.1:9/none", poolSize: 1 });
    new RushTeller(gone).noted(1_000);
    await gone.end();
  });
});
