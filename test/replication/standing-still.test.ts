import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { withClient } from "../../src/platform/postgres/connection.js";
import { checkNode } from "../../src/platform/replication/check-node.js";
import { connectNode } from "../../src/platform/replication/connect-node.js";
import { slotNameOf } from "../../src/platform/replication/node-name.js";
import { ResyncNeededError } from "../../src/platform/replication/resync-needed.js";
import { createShopDatabases, type ShopDatabases, type ShopNode } from "../support/shop-databases.js";
import { append, arrivedRows, caughtUp, firstGap } from "./log-rows.js";
import { until } from "./until.js";

describe("a node that stood still", () => {
  let shop: ShopDatabases;
  let node: ShopNode;
  const check = (): ReturnType<typeof checkNode> => checkNode({ nodeUrl: node.appUrl, primaryUrl: shop.primary.appUrl });
  const onNode = (sql: string): Promise<unknown> => withClient({ url: node.adminUrl }, (client) => client.query(sql));
  const reconnect = (): Promise<void> => connectNode({ nodeName: node.name, nodeAdminUrl: node.adminUrl, primaryAdminUrl: shop.primary.adminUrl });
  const everythingArrives = (): Promise<void> => withClient({ url: node.appUrl }, (client) =>
    withClient({ url: shop.primary.appUrl }, async (primary) => {
      await caughtUp(client, primary);
      expect(firstGap(await arrivedRows(client))).toBeUndefined();
    }));
  const write = (from: number): Promise<void> => withClient({ url: shop.primary.appUrl }, (primary) => append(primary, "order-still", from, 10));

  beforeAll(async () => {
    shop = await createShopDatabases({ nodes: 1 });
    node = shop.nodes[0]!;
  });
  afterAll(() => shop.drop());

  it("has nothing to report while it follows", async () => {
    await write(1);
    await everythingArrives();
    expect(await check()).toMatchObject({ name: node.name, bootstrapArrival: "0", generation: 1, findings: [] });
  });

  it("is found switched off, and catches up when it is connected again", async () => {
    await onNode(`ALTER SUBSCRIPTION ${slotNameOf(node.name)} DISABLE`);
    await write(11);
    expect((await check()).findings).toMatchObject([{ code: "subscription_disabled", severity: "alert" }]);
    expect((await check()).lagBytes).toBeGreaterThan(0);
    await reconnect();
    await everythingArrives();
    await until("nothing is left to report", async () => (await check()).findings.length === 0);
  });

  it("goes on by itself when the primary cuts its connection", async () => {
    // With disable_on_error this switched the subscription off for good.
    await withClient({ url: shop.primary.adminUrl }, (admin) =>
      admin.query("SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots WHERE slot_name = $1", [slotNameOf(node.name)]));
    await write(21);
    await everythingArrives();
  });

  it("is refused while its subscription streams open transactions", async () => {
    await onNode(`ALTER SUBSCRIPTION ${slotNameOf(node.name)} SET (streaming = on)`);
    expect((await check()).findings).toContainEqual(expect.objectContaining({ code: "streaming_on", severity: "refuse" }));
    await expect(reconnect()).rejects.toThrow(ResyncNeededError);
    await onNode(`ALTER SUBSCRIPTION ${slotNameOf(node.name)} SET (streaming = off)`);
    await until("nothing is left to report", async () => (await check()).findings.length === 0);
  });

  it("is fed from the primary's new address after it is connected again", async () => {
    await onNode(`ALTER SUBSCRIPTION ${slotNameOf(node.name)} CONNECTION 'host=127.0.0.1 port=9 user=nobody dbname=nothing connect_timeout=2'`);
    await write(31);
    await until("apply is found stopped", async () => (await check()).findings.some(({ code }) => code === "apply_stopped"));
    await reconnect();
    await everythingArrives();
  });

  it("says so when the primary cannot be asked", async () => {
    const report = await checkNode({ nodeUrl: node.appUrl, primaryUrl: "postgres://nobody@127.0.0.1:9/nothing" });
    expect(report.findings).toMatchObject([{ code: "primary_unreachable", severity: "alert" }]);
    expect(report.lagBytes).toBeNull();
  });
});
