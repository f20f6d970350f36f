import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openReadNode, type OpenReadNode } from "../../src/platform/projector/open-read-node.js";
import type { RunningProjector } from "../../src/platform/projector/projector.js";
import { foldQueue, projectorQueues } from "../../src/platform/projector/queues.js";
import { verifyProjection } from "../../src/platform/projector/verify-projection.js";
import { startBoss } from "../../src/platform/jobs/boss.js";
import { resyncNode } from "../../src/platform/replication/resync-node.js";
import { createShopDatabases, type ShopDatabases, type ShopNode } from "../support/shop-databases.js";
import { accountTable, bankTable } from "./bank.js";
import { eventually, quiet, runProjector, Teller } from "./teller.js";

const projections = [accountTable, bankTable];
let shop: ShopDatabases;
let node: ShopNode;
let projector: RunningProjector;
let reader: OpenReadNode;
let teller: Teller;

beforeAll(async () => {
  shop = await createShopDatabases({ nodes: 1, nodeQueues: projectorQueues });
  node = shop.nodes[0]!;
  teller = await Teller.open(shop.primary.appUrl);
  projector = await runProjector({ node, projections });
  reader = await openReadNode({ ...node, logger: quiet, poolSize: 3 });
});

afterAll(async () => {
  await projector.stop();
  await Promise.all([reader.close(), teller.close()]);
  await shop.drop();
});

describe("folding", () => {
  it("turns events into rows, and a position is reached when every projection has folded it", async () => {
    const position = await teller.write(
      { type: "Opened", account: "a", owner: "Ada" },
      { type: "Deposited", account: "a", amount: 40 }, { type: "Deposited", account: "a", amount: 2 },
      { type: "Opened", account: "b", owner: "Bob" }, { type: "Closed", account: "b" },
    );
    expect(await reader.reached(position, ["account", "bank"], 5_000)).toBe(true);
    const rows = await reader.query({ name: "accounts", text: `SELECT * FROM ${reader.tableOf("account")} ORDER BY account` });
    expect(rows).toEqual([{ account: "a", owner: "Ada", balance: 42, version: 3, history: [40, 2], opened_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/), note: null }]);
    expect(await reader.query({ name: "bank", text: `SELECT * FROM ${reader.tableOf("bank")}` })).toEqual([{ id: "all", accounts: 1, deposited: 42 }]);
    expect(await reader.lag()).toEqual([{ projection: "account", events: 0, milliseconds: 0 }, { projection: "bank", events: 0, milliseconds: 0 }]);
  });

  it("equals a fold of the log", async () => {
    const verified = await verifyProjection(node, accountTable);
    expect(verified).toEqual({ projection: "account", differences: [], events: 5, parked: 0, gap: null });
  });

  it("says false where a position does not come, or a projection is unknown, when the bound is over", async () => {
    expect(await reader.reached("999999999", ["account"], 100)).toBe(false);
    expect(await reader.reached("9999999999999999999", ["account"], 100)).toBe(false);
    expect(await reader.reached("1", ["nobody"], 100)).toBe(false);
    expect(await reader.reached("0", ["account"], 0)).toBe(true);
  });
});

describe("a projector", () => {
  it("goes on while pg-boss still takes a killed process's job for active", async () => {
    await projector.stop();
    const boss = await startBoss({ url: node.appUrl, applicationName: "test", poolSize: 2, logger: quiet, supervise: false });
    await eventually("the dead process has the job", async () => {
      await boss.send(foldQueue, {});
      return (await boss.fetch(foldQueue)).length === 1;
    });
    await boss.stop();
    projector = await runProjector({ node, projections });
    const position = await teller.write({ type: "Opened", account: "late", owner: "Lea" });
    expect(await reader.reached(position, ["account", "bank"], 5_000)).toBe(true);
  });

  it("begins anew by itself after a resync", async () => {
    const appRole = decodeURIComponent(new URL(node.appUrl).username);
    await resyncNode({ nodeName: node.name, nodeAdminUrl: node.adminUrl, primaryAdminUrl: shop.primary.adminUrl, appRole });
    const position = await teller.write({ type: "Deposited", account: "late", amount: 3 });
    expect(await reader.reached(position, ["account", "bank"], 30_000)).toBe(true);
    for (const table of projections) expect(await verifyProjection(node, table)).toMatchObject({ differences: [], gap: null });
    await eventually("queries find the new tables", async () => {
      const rows = await reader.query<{ balance: number }>({ name: "late", text: `SELECT balance FROM ${reader.tableOf("account")} WHERE account = 'late'` });
      return rows[0]?.balance === 3;
    });
  });
});
