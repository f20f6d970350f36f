import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { migrate } from "../../src/cli/migrate.js";
import { withClient } from "../../src/platform/postgres/connection.js";
import { createShopDatabases, type ShopDatabases } from "../support/shop-databases.js";
import { append, arrivedRows, caughtUp } from "./log-rows.js";

let shop: ShopDatabases;
let role: string;
beforeAll(async () => {
  shop = await createShopDatabases({ nodes: 1, connect: false });
  role = `replicates_${new URL(shop.primary.adminUrl).pathname.slice(1)}`;
  await withClient({ url: shop.primary.adminUrl }, (admin) => admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'it''s \\ secret'`));
});
afterAll(async () => {
  await withClient({ url: shop.primary.adminUrl }, (admin) => admin.query(`DROP OWNED BY ${role}`));
  const { primary } = shop;
  await shop.drop();
  const server = new URL(primary.adminUrl);
  server.pathname = "/postgres";
  await withClient({ url: server.href }, (admin) => admin.query(`DROP ROLE ${role}`));
});

it("a role that only replicates is enough for REPLICATION_URL, and what it lacks is named", async () => {
  const url = new URL(shop.primary.adminUrl);
  url.username = role;
  url.password = encodeURIComponent("it's \\ secret");
  const run = (): Promise<void> => migrate({
    targets: { primary: shop.primary, nodes: shop.nodes, replicationUrl: url.href }, primaryQueues: [], nodeQueues: [], report: () => undefined, readyTimeoutMs: 30_000,
  });
  await expect(run()).rejects.toThrow(`primary: the role of REPLICATION_URL, ${role}, may not replicate: ALTER ROLE ${role} LOGIN REPLICATION`);
  await withClient({ url: shop.primary.adminUrl }, async (primary) => {
    await primary.query(`ALTER ROLE ${role} REPLICATION`);
    await append(primary, "order-before", 1, 10);
    await run();
    await append(primary, "order-after", 1, 10);
    await withClient({ url: shop.nodes[0]?.appUrl ?? "" }, async (node) => {
      await caughtUp(node, primary);
      expect(await arrivedRows(node)).toHaveLength(20);
    });
    const { rows } = await primary.query("SELECT DISTINCT usename FROM pg_stat_replication WHERE application_name = $1", [`millrace_${shop.nodes[0]?.name ?? ""}`]);
    expect(rows).toEqual([{ usename: role }]);
  });
});
