import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { withClient } from "../../src/platform/postgres/connection.js";
import { migratePrimary } from "../../src/platform/postgres/migrate-primary.js";
import { nodeProblems, primaryProblems, type ServerFacts } from "../../src/platform/postgres/preflight.js";
import { appRoleOf } from "../../src/cli/database-targets.js";
import { createShopDatabases, type ShopDatabases } from "../support/shop-databases.js";

const ready: ServerFacts = {
  version: 160_004, versionText: "16.4", walLevel: "logical", role: "admin", superuser: false, replication: true, createRole: false,
  createOnDatabase: true, createSubscription: true, database: "shop", slotsMax: 10, slotsUsed: 0, sendersMax: 10, sendersUsed: 0,
  applyWorkersMax: 4, workerProcessesMax: 8,
};

describe("what a server must have", () => {
  it("is nothing more than a server that is ready has", () => {
    expect([...primaryProblems(ready, 2), ...nodeProblems(ready)]).toEqual([]);
  });

  it("is told all at once, each with a remedy", () => {
    const problems = primaryProblems({ ...ready, version: 140_011, versionText: "14.11", walLevel: "replica", replication: false, createOnDatabase: false, slotsUsed: 10, sendersMax: 0 }, 1);
    expect(problems).toEqual([
      expect.stringContaining("PostgreSQL 14.11 is too old: 15 or later"),
      expect.stringContaining("GRANT CREATE ON DATABASE shop TO admin"),
      expect.stringContaining("ALTER SYSTEM SET wal_level = 'logical'"),
      expect.stringContaining("ALTER ROLE admin REPLICATION"),
      expect.stringContaining("max_replication_slots is 10 and 10 are in use: 3 more are needed"),
      expect.stringContaining("max_wal_senders is 0"),
    ]);
  });

  it("is a right to subscribe and enough workers on a node", () => {
    expect(nodeProblems({ ...ready, createSubscription: false, applyWorkersMax: 2 })).toEqual([
      expect.stringContaining("GRANT pg_create_subscription TO admin"), expect.stringContaining("max_logical_replication_workers is 2"),
    ]);
    expect(nodeProblems({ ...ready, version: 150_000, createSubscription: false })[0]).not.toContain("pg_create_subscription");
  });
});

describe("the application's role", () => {
  let shop: ShopDatabases;
  beforeAll(async () => { shop = await createShopDatabases({ nodes: 0 }); });
  afterAll(() => shop.drop());
  const migrateAs = (appRole: string, appPassword?: string, replicationRole?: string): Promise<unknown> => migratePrimary({
    adminUrl: shop.primary.adminUrl, appRole, queues: [], ...(appPassword === undefined ? {} : { appPassword }), ...(replicationRole === undefined ? {} : { replicationRole }),
  });

  it("is made where it is missing and a password is given, and asked for otherwise", async () => {
    const role = `made_${new URL(shop.primary.adminUrl).pathname.slice(1)}`;
    await expect(migrateAs(role)).rejects.toThrow(new RegExp(`${role} is missing: CREATE ROLE "${role}"`));
    expect(await migrateAs(role, "it's secret")).toMatchObject({ roleMade: true });
    const url = new URL(shop.primary.adminUrl);
    url.username = role;
    url.password = encodeURIComponent("it's secret");
    await withClient({ url: url.href }, (app) => app.query("SELECT FROM event_log"));
    await withClient({ url: shop.primary.adminUrl }, (admin) => admin.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`));
  });

  it("is refused where it passes by the grants", async () => {
    const bypassing = `bypass_${new URL(shop.primary.adminUrl).pathname.slice(1)}`;
    await withClient({ url: shop.primary.adminUrl }, (admin) => admin.query(`CREATE ROLE ${bypassing} SUPERUSER BYPASSRLS`));
    try {
      const refusal = expect(migrateAs(bypassing, undefined, "nobody")).rejects;
      await refusal.toThrow(/is a superuser.*passes by row security.*may not log in.*REPLICATION_URL, nobody, is missing/s);
    } finally {
      await withClient({ url: shop.primary.adminUrl }, (admin) => admin.query(`DROP ROLE ${bypassing}`));
    }
    await expect(migrateAs(appRoleOf(shop.primary.adminUrl).appRole)).rejects.toThrow(/is the one that migrates/);
  });
});
