import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createPool, withClient } from "../../src/platform/postgres/connection.js";
import { waitUntilReady } from "../../src/platform/replication/ready.js";
import { createShopDatabases, type ShopDatabases } from "../support/shop-databases.js";
import { append, arrivedRows, caughtUp, firstGap, foldingOrder, load, primaryRows } from "./log-rows.js";

describe("the first copy of a node", () => {
  let shop: ShopDatabases;
  beforeAll(async () => { shop = await createShopDatabases({ nodes: 1 }); });
  afterAll(() => shop.drop());

  it("is folded by position up to the bootstrap mark, and by arrival after it", async () => {
    // Several writers fill the table's pages in an order of their own; here it is as bad as it can be.
    await withClient({ url: shop.primary.adminUrl }, (admin) => admin.query(`
      INSERT INTO event_log (position, event_id, stream_category, stream_id, version, type, data, metadata, recorded_at)
      OVERRIDING SYSTEM VALUE
      SELECT n, gen_random_uuid(), 'order', 'order-reversed', n, 'SomethingHappened', '{}', '{}', now()
      FROM generate_series(300, 1, -1) n;
      SELECT setval(pg_get_serial_sequence('event_log', 'position'), 300)`));
    const node = await shop.addNode();
    const mark = await waitUntilReady(node.appUrl, 30_000);
    expect(mark).toBe("300");
    await withClient({ url: shop.primary.appUrl }, async (primary) => {
      await append(primary, "order-reversed", 301, 5);
      await withClient({ url: node.appUrl }, async (client) => {
        await caughtUp(client, primary);
        const rows = await arrivedRows(client);
        expect(firstGap(rows)).toMatchObject({ version: 300 });
        expect(firstGap(foldingOrder(rows, "300"))).toBeUndefined();
        expect(rows.slice(300).map(({ version }) => version)).toEqual([301, 302, 303, 304, 305]);
      });
    });
  });

  it("keeps its mark when it is asked again", async () => {
    const node = await shop.addNode();
    const mark = await waitUntilReady(node.appUrl, 30_000);
    await withClient({ url: shop.primary.appUrl }, async (primary) => {
      await append(primary, "order-later", 1, 5);
      await withClient({ url: node.appUrl }, (client) => caughtUp(client, primary));
    });
    expect(await waitUntilReady(node.appUrl, 0)).toBe(mark);
  });

});

describe("a node added under load", () => {
  let shop: ShopDatabases;
  beforeAll(async () => { shop = await createShopDatabases({ nodes: 1 }); });
  afterAll(() => shop.drop());

  it("ends with the same rows as the others, each stream gapless", async () => {
    const pool = createPool({ url: shop.primary.appUrl, poolSize: 4 });
    const writing = load(pool, 4, 10);
    const node = await shop.addNode();
    const mark = await waitUntilReady(node.appUrl, 30_000);
    await append(pool, "order-after", 1);
    await writing.stop();
    const written = await primaryRows(pool);
    for (const { appUrl } of [...shop.nodes, node]) {
      await withClient({ url: appUrl }, async (client) => {
        await caughtUp(client, pool);
        const { rows } = await client.query("SELECT position::text, stream_id, version FROM event_log ORDER BY event_log.position");
        expect(rows).toEqual(written);
        const own = appUrl === node.appUrl ? mark : await waitUntilReady(appUrl, 0);
        expect(firstGap(foldingOrder(await arrivedRows(client), own ?? ""))).toBeUndefined();
      });
    }
    await pool.end();
  });
});
