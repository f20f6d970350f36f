import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { PgBoss, type Job } from "pg-boss";
import { newId } from "../../src/kernel/ids.js";
import { startBoss } from "../../src/platform/jobs/boss.js";
import type { QueueDefinition } from "../../src/platform/jobs/queue.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { withClient } from "../../src/platform/postgres/connection.js";
import { createShopDatabases, type ShopDatabases } from "../support/shop-databases.js";
import { until } from "../replication/until.js";

const limits = { retryLimit: 4, retryDelaySeconds: 2, retryDelayMaxSeconds: 90, expireSeconds: 45 };
const queues: readonly QueueDefinition[] = (["standard", "stately"] as const).map((policy) => ({ name: `test.${policy}`, policy, ...limits }));

describe("pg-boss as the application's role", () => {
  let shop: ShopDatabases;
  let boss: PgBoss;
  const troubles: unknown[] = [];

  beforeAll(async () => {
    shop = await createShopDatabases({ nodes: 0, queues });
    boss = new PgBoss({ connectionString: shop.primary.appUrl, schema: "pgboss", migrate: false, supervise: true, schedule: true, useListenNotify: true });
    boss.on("error", (error) => troubles.push(error));
    boss.on("warning", (warning) => troubles.push(warning));
    await boss.start();
  });
  afterAll(async () => {
    await boss.stop({ graceful: false });
    await shop.drop();
  });

  interface NewJob { readonly id: string; readonly queue: string; readonly data: object; readonly delaySeconds?: number }
  const enqueue = (jobs: readonly NewJob[]): Promise<unknown> => withClient({ url: shop.primary.appUrl }, (app) => app.query("SELECT enqueue_jobs($1, $2, $3, $4)", [
    jobs.map(({ id }) => id), jobs.map(({ queue }) => queue), jobs.map(({ data }) => JSON.stringify(data)),
    jobs.map(({ delaySeconds }) => delaySeconds ?? null),
  ]));

  it.each([
    { queue: "test.standard", delaySeconds: 0 },
    { queue: "test.stately", delaySeconds: 30 },
  ])("makes the same row by enqueue_jobs as by send: $queue", async ({ queue, delaySeconds }) => {
    const ours = newId();
    const theirs = newId();
    await enqueue([{ id: ours, queue, data: { orderId: "o" }, delaySeconds }]);
    // Another state of the queue than the first job's, since `stately` lets one job wait.
    const rowOf = async (id: string): Promise<Record<string, unknown>> => withClient({ url: shop.primary.appUrl }, async (app) => {
      const { rows } = await app.query<Record<string, unknown>>(`
        SELECT to_jsonb(j) - 'id' - 'created_on' - 'start_after' - 'keep_until' AS row,
          round(extract(epoch FROM start_after - created_on))::int AS delay, extract(epoch FROM keep_until - start_after)::int AS kept
        FROM pgboss.job j WHERE id = $1`, [id]);
      await app.query("DELETE FROM pgboss.job WHERE id = $1", [id]);
      return rows[0] ?? {};
    });
    const our = await rowOf(ours);
    await boss.send(queue, { orderId: "o" }, { id: theirs, startAfter: delaySeconds });
    expect(our).toEqual(await rowOf(theirs));
    expect(our).toMatchObject({ delay: delaySeconds, row: { policy: queue.slice("test.".length), dead_letter: `${queue}.dead`, retry_limit: 4, retry_backoff: true } });
  });

  it("does not make a job twice", async () => {
    const job = { id: newId(), queue: "test.standard", data: {} };
    await enqueue([job, { ...job, id: newId() }]);
    await enqueue([job]);
    await withClient({ url: shop.primary.appUrl }, async (app) => {
      expect((await app.query("SELECT FROM pgboss.job WHERE name = 'test.standard'")).rowCount).toBe(2);
    });
    await boss.deleteAllJobs("test.standard");
  });

  it("wakes a worker by NOTIFY, long before it would poll", async () => {
    const worked: string[] = [];
    await boss.work("test.standard", { pollingIntervalSeconds: 60, notifyPollingIntervalSeconds: 60, batchSize: 10 }, async (jobs: Job[]) => {
      worked.push(...jobs.map(({ id }) => id));
      await Promise.resolve();
    });
    for (const expected of [1, 2]) {
      const id = newId();
      await enqueue([{ id, queue: "test.standard", data: {} }]);
      await until(`job ${String(expected)} was worked off`, () => Promise.resolve(worked.includes(id)), 5_000);
    }
    await boss.offWork("test.standard");
  });

  it("supervises, schedules and counts without a right too few", async () => {
    await boss.supervise();
    await boss.schedule("test.standard", "0 3 * * *");
    await boss.unschedule("test.standard");
    expect((await boss.getQueues()).map(({ name }) => name)).toEqual(expect.arrayContaining(queues.map(({ name }) => name)));
    expect(troubles).toEqual([]);
  });

  it("finds the jobs of killed processes without reading all that is kept, and counts nothing for nobody", async () => {
    await withClient({ url: shop.primary.appUrl, serverSettings: { enable_seqscan: "off" } }, async (app) => {
      const { rows } = await app.query<{ "QUERY PLAN": string }>("EXPLAIN SELECT FROM pgboss.job_common WHERE state = 'active' AND name = ANY ('{test.standard}') AND heartbeat_on < now()");
      expect(rows.map((line) => line["QUERY PLAN"]).join("\n")).toContain("job_common_under_way");
      expect((await app.query("SELECT monitor_backoff_on::text AS until FROM pgboss.version")).rows).toEqual([{ until: "infinity" }]);
    });
    await boss.supervise();
    expect((await withClient({ url: shop.primary.appUrl }, (app) => app.query("SELECT FROM pgboss.queue WHERE monitor_on IS NOT NULL"))).rowCount).toBe(0);
  });

  it("takes jobs by their order, whatever the planner believes to wait", async () => {
    const ours = await startBoss({ url: shop.primary.appUrl, applicationName: "millrace test", poolSize: 1, logger: createLogger("silent"), supervise: false });
    const { rows } = await ours.getDb().executeSql("SELECT current_setting('enable_bitmapscan') AS bitmaps, current_setting('max_parallel_workers_per_gather') AS helpers");
    expect(rows).toEqual([{ bitmaps: "off", helpers: "0" }]);
    await ours.stop({ graceful: false });
  });
});
