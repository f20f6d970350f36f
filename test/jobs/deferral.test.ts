import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import type { PgBoss } from "pg-boss";
import { Registry } from "prom-client";
import { GatewayError } from "../../src/platform/http-client/gateway-error.js";
import { startBoss } from "../../src/platform/jobs/boss.js";
import type { JobAttemptInfo } from "../../src/platform/jobs/job-handler.js";
import { startJobWorkers, type AnyWorker } from "../../src/platform/jobs/job-worker.js";
import { releaseActiveJobs } from "../../src/platform/jobs/release-jobs.js";
import type { QueueDefinition } from "../../src/platform/jobs/queue.js";
import { Outside } from "../../src/platform/outside/outside.js";
import { openShop, quiet, type Shop } from "../bus/shop.js";
import { until } from "../replication/until.js";

const queueOf = (name: string, changes: Partial<QueueDefinition> = {}): QueueDefinition =>
  ({ name, policy: "standard", retryLimit: 1, retryDelaySeconds: 1, retryDelayMaxSeconds: 600, expireSeconds: 30, ...changes });
const queues = {
  held: queueOf("test.held", { retryLimit: 0 }), told: queueOf("test.told"), stately: queueOf("test.stately", { policy: "stately" }),
  outage: queueOf("test.outage", { retryLimit: 30 }),
};

interface Row { state: string; retry_count: number; waits: number; kept: number; started: boolean; message: string }

describe("a job whose neighbour says when to come back", () => {
  let shop: Shop;
  let boss: PgBoss;
  beforeAll(async () => {
    shop = await openShop({ queues: Object.values(queues) });
    boss = await startBoss({ url: shop.primary.appUrl, applicationName: "test deferral", poolSize: 4, logger: quiet, supervise: false });
  });
  afterEach(async () => { await Promise.all(Object.values(queues).map(({ name }) => boss.offWork(name))); });
  afterAll(async () => {
    await boss.stop({ graceful: false });
    await shop.close();
  });

  const work = (queue: QueueDefinition, handle: (data: object, info: JobAttemptInfo) => Promise<void>): Promise<void> =>
    startJobWorkers({ boss, pool: shop.pool, logger: quiet, pollingSeconds: 0.5, workers: [{ kind: "data", queue, handle }] as unknown as readonly AnyWorker[] });
  const row = async (id: string | null): Promise<Row | undefined> => (await shop.pool.query<Row>(
    `SELECT state::text, retry_count, extract(epoch FROM start_after - now())::float8 AS waits, extract(epoch FROM keep_until - start_after)::float8 AS kept,
       started_on IS NOT NULL AS started, output ->> 'message' AS message FROM pgboss.job WHERE id = $1`, [id])).rows[0];
  const attempts = async (id: string | null): Promise<readonly [number, string][]> => (await shop.pool.query<{ attempt: number; outcome: string }>(
    "SELECT attempt, outcome FROM job_attempt WHERE job_id = $1 ORDER BY started_at", [id])).rows.map(({ attempt, outcome }) => [attempt, outcome]);
  const dueNow = (id: string | null) => shop.pool.query("UPDATE pgboss.job SET start_after = now() WHERE id = $1", [id]);
  const failure = (retryAfterSeconds: number | undefined, heldBack: boolean) => new GatewayError("unavailable", "the neighbour is away", { inDoubt: false, heldBack, retryAfterSeconds });

  it("keeps its attempts while nothing is sent, however often it is held back, and leaves no trail of it", async () => {
    let [runs, up] = [0, false];
    const id = await boss.send("test.held", {});
    // pg-boss removes what waits for longer than it is kept.
    await shop.pool.query("UPDATE pgboss.job SET keep_until = start_after + interval '50 s' WHERE id = $1", [id]);
    await work(queues.held, (_data, { attempt, last }) => {
      runs += 1;
      expect([attempt, last]).toEqual([1, true]);
      return up ? Promise.resolve() : Promise.reject(new Error("no way", { cause: failure(100, true) }));
    });
    for (let time = 1; time <= 3; time += 1) {
      await until(`it was held back ${String(time)} times`, async () => runs === time && (await row(id))?.state === "retry");
      const waiting = await row(id);
      expect(waiting).toMatchObject({ retry_count: 0, started: false, message: "Error: no way" });
      expect(waiting?.waits).toBeGreaterThan(95);
      expect(waiting?.waits).toBeLessThanOrEqual(130);
      expect(waiting?.kept).toBeGreaterThanOrEqual(50);
      up = time === 3;
      await dueNow(id);
    }
    await until("it is done", async () => (await row(id))?.state === "completed");
    expect(await attempts(id)).toEqual([[1, "deferred"], [1, "completed"]]);
    expect((await shop.pool.query("SELECT FROM pgboss.job WHERE name = 'test.held.dead'")).rowCount).toBe(0);
  });

  it("that is given back after its process was killed comes as one that was begun", async () => {
    const id = await boss.send("test.told", {});
    await boss.fetch("test.told");
    expect(await row(id)).toMatchObject({ state: "active", retry_count: 0 });
    expect(await releaseActiveJobs(shop.pool)).toBeGreaterThanOrEqual(1);
    const seen: number[] = [];
    await work(queues.told, (_data, { attempt }) => Promise.resolve(void seen.push(attempt)));
    await until("it is done", async () => (await row(id))?.state === "completed");
    expect(seen).toEqual([2]);
  });

  it("comes not before that time where the neighbour was reached, uses up an attempt, and dies of its last", async () => {
    const id = await boss.send("test.told", {});
    await work(queues.told, () => Promise.reject(failure(60, false)));
    await until("it failed once", async () => (await row(id))?.state === "retry");
    const waiting = await row(id);
    expect(waiting).toMatchObject({ retry_count: 0, started: true });
    expect(waiting?.waits).toBeGreaterThan(55);
    await dueNow(id);
    await until("it died", async () => (await row(id))?.state === "failed");
    expect(await attempts(id)).toEqual([[1, "failed"], [2, "dead"]]);
    expect((await shop.pool.query("SELECT FROM pgboss.job WHERE name = 'test.told.dead'")).rowCount).toBe(1);
  });

  it("waits as long as its queue says where that is longer, and where nothing is said", async () => {
    const [soon, unsaid] = [await boss.send("test.told", { soon: true }, { retryDelay: 50, retryLimit: 3 }), await boss.send("test.told", { soon: false }, { retryDelay: 50, retryLimit: 3 })];
    await work(queues.told, (data) => Promise.reject(failure((data as { soon: boolean }).soon ? 0.01 : undefined, false)));
    await until("both failed", async () => (await row(soon))?.state === "retry" && (await row(unsaid))?.state === "retry");
    for (const id of [soon, unsaid]) expect((await row(id))?.waits).toBeGreaterThan(45);
  });

  it("is left to its queue where that allows one waiting job only", async () => {
    const id = await boss.send("test.stately", {});
    await work(queues.stately, () => Promise.reject(failure(500, true)));
    await until("it failed", async () => (await row(id))?.state === "retry");
    expect((await row(id))?.waits).toBeLessThan(10);
  });

  it("is one of many that wait out an outage: next to nothing is sent, no attempts are lost, and all is done at the neighbour's pace", async () => {
    const perSecond = 50;
    const sent: number[] = [];
    let [down, seen] = [true, 0];
    const outside = new Outside({
      party: "neighbour", registry: new Registry(), logger: quiet, callsMax: 32, callsPerSecond: perSecond,
      breaker: { slowMs: 5_000, callsMin: 10, windowMs: 5_000, openMs: 200, openMaxMs: 400 },
    });
    const neighbour = (): Promise<void> => {
      sent.push(performance.now());
      return down ? Promise.reject(new GatewayError("unavailable", "connection refused", { inDoubt: false })) : Promise.resolve();
    };
    await boss.insert("test.outage", Array.from({ length: 200 }, () => ({ data: {} })));
    await work(queues.outage, () => {
      seen += 1;
      return outside.call(neighbour);
    });
    await until("each was tried", () => Promise.resolve(seen > 400));
    expect(outside.state).not.toBe("closed");
    const duringOutage = sent.length;
    expect(duringOutage).toBeLessThan(60);
    down = false;
    await until("all is done", async () => (await shop.pool.query("SELECT FROM pgboss.job WHERE name = 'test.outage' AND state = 'completed'")).rowCount === 200, 60_000);
    outside.close();
    const after = sent.slice(duringOutage);
    for (const [place, first] of after.entries()) expect(after.slice(place).filter((each) => each - first < 990).length).toBeLessThanOrEqual(perSecond);
    const { rows } = await shop.pool.query<{ most: number; sum: number }>("SELECT max(retry_count)::int AS most, sum(retry_count)::int AS sum FROM pgboss.job WHERE name = 'test.outage'");
    expect(rows[0]?.sum).toBeLessThanOrEqual(duringOutage);
  }, 90_000);
});
