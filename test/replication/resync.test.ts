import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { nodeDataLock } from "../../src/platform/postgres/advisory-locks.js";
import { withClient } from "../../src/platform/postgres/connection.js";
import { checkNode } from "../../src/platform/replication/check-node.js";
import { connectNode } from "../../src/platform/replication/connect-node.js";
import { slotNameOf } from "../../src/platform/replication/node-name.js";
import { waitUntilReady } from "../../src/platform/replication/ready.js";
import { ResyncNeededError } from "../../src/platform/replication/resync-needed.js";
import { dropSlots } from "../../src/platform/replication/slot.js";
import { appRoleOf } from "../../src/cli/database-targets.js";
import { resync } from "../../src/cli/resync.js";
import { createShopDatabases, type ShopDatabases, type ShopNode } from "../support/shop-databases.js";
import { append, arrivedRows, caughtUp, primaryRows } from "./log-rows.js";

describe("resync", () => {
  let shop: ShopDatabases;
  let node: ShopNode;
  const connection = (): { nodeName: string; nodeAdminUrl: string; primaryAdminUrl: string } =>
    ({ nodeName: node.name, nodeAdminUrl: node.adminUrl, primaryAdminUrl: shop.primary.adminUrl });
  const run = (): Promise<void> => resync({ targets: { primary: shop.primary, nodes: [node] }, nodeName: node.name, report: () => undefined, readyTimeoutMs: 30_000 });

  beforeEach(async () => {
    shop = await createShopDatabases({ nodes: 1 });
    node = shop.nodes[0]!;
    await withClient({ url: shop.primary.appUrl }, (primary) => append(primary, "order-kept", 1, 20));
  });
  afterEach(() => shop.drop());

  it("copies anew, forgets read tables and marks, and counts the generation", async () => {
    await withClient({ url: node.appUrl }, (app) => app.query("CREATE TABLE read.order_card_v1 (id text)"));
    await run();
    await withClient({ url: node.appUrl }, async (app) => {
      const rows = await arrivedRows(app);
      expect(rows.map(({ arrival }) => arrival)).toEqual(Array.from({ length: 20 }, (_, index) => String(index + 1)));
      expect((await app.query("SELECT to_regclass('read.order_card_v1') AS found")).rows).toEqual([{ found: null }]);
      await app.query("CREATE TABLE read.order_card_v3 (id text)");
    });
    expect(await checkNode({ nodeUrl: node.appUrl, primaryUrl: shop.primary.appUrl })).toMatchObject({ bootstrapArrival: "20", generation: 2, findings: [] });
  });

  it("is asked for when the slot is gone, and heals it", async () => {
    await withClient({ url: node.adminUrl }, (admin) => admin.query(`ALTER SUBSCRIPTION ${slotNameOf(node.name)} DISABLE`));
    await withClient({ url: shop.primary.adminUrl }, async (admin) => {
      await dropSlots(admin, [slotNameOf(node.name)]);
      await append(admin, "order-kept", 21, 5);
    });
    expect((await checkNode({ nodeUrl: node.appUrl, primaryUrl: shop.primary.appUrl })).findings).toContainEqual(expect.objectContaining({ code: "slot_missing" }));
    await expect(connectNode(connection())).rejects.toThrow(ResyncNeededError);
    await run();
    await withClient({ url: shop.primary.appUrl }, (primary) => withClient({ url: node.appUrl }, async (app) => {
      await caughtUp(app, primary);
      expect(await primaryRows(app)).toEqual(await primaryRows(primary));
    }));
  });

  it("is asked for when the primary is another one, which is never read", async () => {
    const other = await createShopDatabases({ nodes: 0 });
    try {
      await expect(connectNode({ ...connection(), primaryAdminUrl: other.primary.adminUrl })).rejects.toThrow(/not the one this node has copied.*millrace resync/s);
      const { findings } = await checkNode({ nodeUrl: node.appUrl, primaryUrl: other.primary.appUrl });
      expect(findings).toMatchObject([{ code: "wrong_primary", severity: "refuse" }]);
    } finally {
      await other.drop();
    }
  });

  it("is asked for when the primary was promoted or restored", async () => {
    await withClient({ url: node.adminUrl }, (admin) => admin.query("UPDATE node_identity SET primary_timeline = primary_timeline + 1"));
    await expect(connectNode(connection())).rejects.toThrow(ResyncNeededError);
  });

  it("waits for a projector that is writing", async () => {
    await withClient({ url: node.appUrl }, async (projector) => {
      await projector.query("BEGIN");
      await projector.query("SELECT pg_try_advisory_xact_lock_shared($1, $2)", [...nodeDataLock]);
      let done = false;
      const resyncing = run().then(() => { done = true; });
      await withClient({ url: node.adminUrl }, async (admin) => {
        for (let waiting = false; !waiting;) {
          const { rows } = await admin.query<{ waiting: boolean }>("SELECT count(*) > 0 AS waiting FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = $1", [nodeDataLock[1]]);
          waiting = rows[0]?.waiting ?? false;
        }
      });
      expect(done).toBe(false);
      await projector.query("COMMIT");
      await resyncing;
    });
    expect(await waitUntilReady(node.appUrl, 0)).toBe("20");
    expect(appRoleOf(node.appUrl).appRole).toBe("millrace_app");
  });
});
