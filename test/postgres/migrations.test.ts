import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { QueueDefinition } from "../../src/platform/jobs/queue.js";
import { migratePrimary } from "../../src/platform/postgres/migrate-primary.js";
import { MigrationChangedError } from "../../src/platform/postgres/migrations.js";
import { withClient } from "../../src/platform/postgres/connection.js";
import { migrateNode } from "../../src/platform/replication/migrate-node.js";
import { appRoleOf } from "../../src/cli/database-targets.js";
import { migrate } from "../../src/cli/migrate.js";
import { createShopDatabases, type ShopDatabases } from "../support/shop-databases.js";

const queue: QueueDefinition = { name: "payments.charge", policy: "standard", retryLimit: 5, retryDelaySeconds: 1, retryDelayMaxSeconds: 60, expireSeconds: 30 };

describe("migrate", () => {
  let shop: ShopDatabases;
  beforeAll(async () => { shop = await createShopDatabases({ nodes: 2, connect: false }); });
  afterAll(() => shop.drop());
  const onPrimary = <Row extends object>(sql: string): Promise<Row[]> => withClient({ url: shop.primary.adminUrl }, async (admin) => (await admin.query<Row>(sql)).rows);
  const primary = (queues: readonly QueueDefinition[] = []): ReturnType<typeof migratePrimary> =>
    migratePrimary({ adminUrl: shop.primary.adminUrl, ...appRoleOf(shop.primary.appUrl), queues });

  it("sets up everything, and is harmless when it is run again", async () => {
    const lines: string[] = [];
    const run = (): Promise<void> => migrate({ targets: shop, primaryQueues: [queue], nodeQueues: [], report: (line) => lines.push(line), readyTimeoutMs: 30_000 });
    await run();
    expect(lines).toContain("primary: queues made: payments.charge.dead, payments.charge");
    lines.length = 0;
    await run();
    expect(lines).toContain("primary: up to date");
    expect(lines).toContain(`${shop.nodes[1]?.name ?? ""}: follows the primary; first copy up to arrival 0`);
  });

  it("can run twice at once", async () => {
    const other: QueueDefinition = { ...queue, name: "couriers.book" };
    const reports = await Promise.all([primary([other]), primary([other])]);
    expect(reports.flatMap(({ queuesMade }) => queuesMade).sort()).toEqual(["couriers.book", "couriers.book.dead"]);
  });

  it("brings a queue to its definition, but refuses another policy", async () => {
    await primary([queue]);
    await primary([{ ...queue, retryLimit: 9 }]);
    expect(await onPrimary("SELECT retry_limit, retry_backoff, notify, dead_letter FROM pgboss.queue WHERE name = 'payments.charge'"))
      .toEqual([{ retry_limit: 9, retry_backoff: true, notify: true, dead_letter: "payments.charge.dead" }]);
    await expect(primary([{ ...queue, policy: "stately" }])).rejects.toThrow(/policy standard and should have stately/);
  });

  it("leaves the planner its guess about tables that are empty, so that prepared statements use their index", async () => {
    await primary();
    const plan = await withClient({ url: shop.primary.adminUrl, serverSettings: { plan_cache_mode: "force_generic_plan" } }, async (admin) => {
      await admin.query("PREPARE load AS SELECT * FROM event_log WHERE stream_id = ANY ($1)");
      return (await admin.query<{ "QUERY PLAN": string }>("EXPLAIN EXECUTE load (ARRAY['order-1'])")).rows;
    });
    expect(plan.map((line) => line["QUERY PLAN"]).join("\n")).toContain("event_log_stream_version");
  });

  it("keeps a node's name", async () => {
    const [node] = shop.nodes;
    await expect(migrateNode({ adminUrl: node?.adminUrl ?? "", ...appRoleOf(node?.appUrl ?? ""), nodeName: "other", queues: [] }))
      .rejects.toThrow(/cannot become other/);
  });

  it("refuses a migration that changed after it ran", async () => {
    await onPrimary("UPDATE millrace_migration SET sha256 = 'another' WHERE name = '0001-spine'");
    await expect(primary()).rejects.toThrow(MigrationChangedError);
    await expect(primary()).rejects.toThrow(/0001-spine: changed/);
  });
});
