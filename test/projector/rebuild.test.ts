import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { rebuild } from "../../src/cli/rebuild.js";
import { InProcessLive } from "../../src/platform/live/in-process-live.js";
import type { Pointer } from "../../src/platform/live/live-port.js";
import { openReadNode, type OpenReadNode } from "../../src/platform/projector/open-read-node.js";
import type { RunningProjector } from "../../src/platform/projector/projector.js";
import { projectorQueues } from "../../src/platform/projector/queues.js";
import { rebuildProjection } from "../../src/platform/projector/rebuild.js";
import { verifyProjection } from "../../src/platform/projector/verify-projection.js";
import { defineView } from "../../src/platform/projector/view.js";
import { createPool } from "../../src/platform/postgres/connection.js";
import { sweepRetired } from "../../src/platform/projector/sweep.js";
import { createShopDatabases, type ShopDatabases, type ShopNode } from "../support/shop-databases.js";
import { accountEntity, accountProjection, accountTable, accountTableOf } from "./bank.js";
import { readTable } from "../../src/platform/projector/read-table.js";
import { eventually, HeardAlerts, queryNode, quiet, runProjector, Teller } from "./teller.js";

const owners = defineView({
  name: "owners", reads: ["account"], uniqueIndex: ["owner"], refreshEverySeconds: 1,
  sql: (tableOf) => `SELECT owner, count(*) AS accounts FROM ${tableOf("account")} GROUP BY owner`,
});
const live = new InProcessLive();
const alerts = new HeardAlerts();
let shop: ShopDatabases;
let node: ShopNode;
let projector: RunningProjector;
let reader: OpenReadNode;
let teller: Teller;
let last: string;

beforeAll(async () => {
  shop = await createShopDatabases({ nodes: 1, nodeQueues: projectorQueues });
  node = shop.nodes[0]!;
  teller = await Teller.open(shop.primary.appUrl);
  for (let account = 0; account < 40; account += 1) {
    last = await teller.write({ type: "Opened", account: `a${String(account)}`, owner: "ada" }, { type: "Deposited", account: `a${String(account)}`, amount: account });
  }
  projector = await runProjector({ node, projections: [accountTable], views: [owners], live, alerts, graceSeconds: 0 });
  reader = await openReadNode({ ...node, logger: quiet, poolSize: 4 });
  expect(await reader.reached(last, ["account"], 10_000)).toBe(true);
});

afterAll(async () => {
  await projector.stop();
  await Promise.all([reader.close(), teller.close()]);
  await shop.drop();
});

function countRows(): Promise<readonly { count: number }[]> {
  return reader.query({ name: "count", text: `SELECT count(*)::int AS count FROM ${reader.tableOf("account")}` });
}

describe("a rebuild of the same version", () => {
  it("equals the live rows, says nothing on the channels, and takes their place", async () => {
    const heard: Pointer[] = [];
    const end = await live.subscribe(node.name, "accounts", (pointer) => { heard.push(pointer); });
    // Rows are there a moment before their pointers go out: those of what was written before shall not be taken for the rebuild's.
    last = await teller.write({ type: "Deposited", account: "a0", amount: 0 });
    await eventually("all that was written has been told", () => heard.some(({ position }) => position === last));
    heard.length = 0;
    const lines: string[] = [];
    expect(await rebuild([node], [accountTable], "account", (line) => { lines.push(line); })).toBe(0);
    end();
    expect(lines).toEqual([`${node.name}: account_v1_b2 is live.`]);
    expect(heard).toEqual([]);
    await eventually("the reader knows the new table", () => reader.tableOf("account") === '"read"."account_v1_b2"');
    expect(await countRows()).toEqual([{ count: 40 }]);
    const position = await teller.write({ type: "Opened", account: "after", owner: "bob" });
    expect(await reader.reached(position, ["account"], 5_000)).toBe(true);
    expect(await countRows()).toEqual([{ count: 41 }]);
  });

  it("names the rows that were not what the log says", async () => {
    await queryNode(node.appUrl, "UPDATE read.account_v1_b2 SET balance = balance + 1 WHERE account = 'a7'");
    await queryNode(node.appUrl, "DELETE FROM read.account_v1_b2 WHERE account = 'a9'");
    expect(await verifyProjection(node, accountTable)).toMatchObject({ differences: ["a7", "a9"] });
    const { table, differences } = await rebuildProjection(node, accountTable);
    expect({ table, differences }).toEqual({ table: "account_v1_b3", differences: ["a7", "a9"] });
    expect(await verifyProjection(node, accountTable)).toMatchObject({ differences: [] });
  });

  it("leaves the old table to the sweeper, which waits for those who stand on it", async () => {
    const pool = createPool({ url: node.appUrl, poolSize: 1 });
    const gone = async (): Promise<boolean> => (await queryNode(node.appUrl, "SELECT FROM pg_tables WHERE tablename IN ('account_v1', 'account_v1_b2')")).length === 0;
    await eventually("the view has moved on and both old tables are dropped", async () => {
      await sweepRetired(pool, 0);
      return gone();
    }, 15_000);
    await pool.end();
  });

  it("mends a statement that was made for a table which has gone meanwhile", async () => {
    expect(await reader.query({ name: "old", text: 'SELECT count(*)::int AS count FROM "read"."account_v1_b2"' })).toEqual([{ count: 41 }]);
  });
});

describe("a higher version", () => {
  it("is built beside the old table while queries run, then switched, and none of them fails", async () => {
    await projector.stop();
    const projections = [accountTableOf(2)];
    let [asked, isOver] = [0, false];
    const queries = (async () => {
      while (!isOver) {
        const [row] = await countRows();
        expect(row!.count).toBeGreaterThanOrEqual(41);
        asked += 1;
      }
    })();
    projector = await runProjector({ node, projections, views: [owners], live, alerts, graceSeconds: 0, pageSize: 7 });
    const writes = (async () => {
      for (let extra = 0; extra < 30; extra += 1) last = await teller.write({ type: "Opened", account: `x${String(extra)}`, owner: "eve" });
    })();
    await Promise.race([queries, eventually("the new version is live", () => reader.tableOf("account") === '"read"."account_v2"')]);
    await writes;
    expect(await reader.reached(last, ["account"], 5_000)).toBe(true);
    isOver = true;
    await queries;
    expect(asked).toBeGreaterThan(0);
    expect(await countRows()).toEqual([{ count: 71 }]);
    expect(await reader.query({ name: "o", text: `SELECT DISTINCT owner FROM ${reader.tableOf("account")} ORDER BY 1` })).toEqual([{ owner: "ADA" }, { owner: "BOB" }, { owner: "EVE" }]);
    expect(await verifyProjection(node, projections[0]!)).toMatchObject({ differences: [] });
  });

  it("is asked for where the table changed and the version did not", async () => {
    const changed = { ...accountProjection(2), key: "account" as const };
    const table = readTable(changed, accountEntity);
    await expect(runProjector({ node, projections: [{ ...table, columns: table.columns.slice(0, -1) }] })).rejects.toThrow(/raise it to 3/);
  });
});

describe("a view", () => {
  it("follows its tables: the switch made a new relation of it", async () => {
    const read = (): Promise<readonly object[]> => reader.query({ name: "owners", text: `SELECT owner, accounts FROM ${reader.tableOf("owners")} ORDER BY owner` });
    expect(await reader.reached(last, ["owners"], 15_000)).toBe(true);
    await eventually("the view reads the new table", async () => JSON.stringify(await read()) === JSON.stringify([{ owner: "ADA", accounts: 40 }, { owner: "BOB", accounts: 1 }, { owner: "EVE", accounts: 30 }]), 15_000);
  });

  it("is refreshed by itself", async () => {
    const position = await teller.write({ type: "Opened", account: "z", owner: "zoe" });
    expect(await reader.reached(position, ["owners"], 10_000)).toBe(true);
    expect(await reader.query({ name: "zoe", text: `SELECT accounts FROM ${reader.tableOf("owners")} WHERE owner = 'ZOE'` })).toEqual([{ accounts: 1 }]);
  });
});
