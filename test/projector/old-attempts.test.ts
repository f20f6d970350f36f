import { afterAll, beforeAll, expect, it } from "@jest/globals";
import type { Pool } from "pg";
import type { RunningProjector } from "../../src/platform/projector/projector.js";
import { projectorQueues } from "../../src/platform/projector/queues.js";
import { createPool } from "../../src/platform/postgres/connection.js";
import { createShopDatabases, type ShopDatabases, type ShopNode } from "../support/shop-databases.js";
import { accountTable } from "./bank.js";
import { eventually, runProjector } from "./teller.js";

let shop: ShopDatabases;
let node: ShopNode;
let primary: Pool;
let copy: Pool;
let projector: RunningProjector | null = null;

beforeAll(async () => {
  shop = await createShopDatabases({ nodes: 1, nodeQueues: projectorQueues });
  node = shop.nodes[0]!;
  primary = createPool({ url: shop.primary.appUrl, poolSize: 1, serverSettings: { synchronous_commit: "on" } });
  copy = createPool({ url: node.appUrl, poolSize: 1 });
});
afterAll(async () => {
  await projector?.stop();
  await Promise.all([primary.end(), copy.end()]);
  await shop.drop();
});

/** Attempts of one queue that ended so many days ago. */
async function attempts(queue: string, count: number, daysAgo: number): Promise<void> {
  await primary.query(`INSERT INTO job_attempt (id, job_id, queue, correlation_id, attempt, outcome, started_at, ended_at)
    SELECT gen_random_uuid(), gen_random_uuid(), $1, 'order-1', 1, 'done', at, at FROM generate_series(1, $2), (SELECT now() - $3 * interval '1 day' AS at) t`, [queue, count, daysAgo]);
}

async function keptOn(pool: Pool): Promise<Readonly<Record<string, number>>> {
  const { rows } = await pool.query<{ queue: string; count: number }>("SELECT queue, count(*)::int AS count FROM job_attempt GROUP BY queue");
  return Object.fromEntries(rows.map(({ queue, count }) => [queue, count]));
}

it("a node removes its own attempts that were kept long enough, and no others, however many they are", async () => {
  const all = { old: 12_000, "almost old": 4, young: 3 };
  await attempts("old", all.old, 31);
  await attempts("almost old", all["almost old"], 29);
  await attempts("young", all.young, 0);
  await eventually("all of them are on the node", async () => (await keptOn(copy))["young"] === all.young);
  expect(await keptOn(copy)).toEqual(all);
  projector = await runProjector({ node, projections: [accountTable] });
  await eventually("the old ones are gone from the node", async () => (await keptOn(copy))["old"] === undefined);
  expect(await keptOn(copy)).toEqual({ "almost old": 4, young: 3 });
  expect(await keptOn(primary)).toEqual(all); // the primary's job is the worker's

  await attempts("young", 1, 0);
  await eventually("replication goes on", async () => (await keptOn(copy))["young"] === all.young + 1);
});
