import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { PgBoss } from "pg-boss";
import type { OrderPlaced } from "../../src/events/orders.js";
import { defineConsumer, type Consumer, type EventJob } from "../../src/kernel/consumer.js";
import { startBoss } from "../../src/platform/jobs/boss.js";
import { startJobWorkers, type AnyWorker } from "../../src/platform/jobs/job-worker.js";
import { effectQueue, type QueueDefinition } from "../../src/platform/jobs/queue.js";
import { openShop, order, quiet, type Shop, type TestBus } from "../bus/shop.js";
import { until } from "../replication/until.js";

const limits = { policy: "standard", retryLimit: 2, retryDelaySeconds: 1, retryDelayMaxSeconds: 2, expireSeconds: 1 } as const;
const queueOf = (name: string, changes: Partial<QueueDefinition> = {}): QueueDefinition => ({ name, ...limits, ...changes });
const queues = { events: queueOf("test.events", { retryLimit: 1, expireSeconds: 30 }), slow: queueOf("test.slow"), beating: effectQueue("test.beating") };
const consumer = defineConsumer<OrderPlaced>({ queue: "test.events", on: ["OrderPlaced"] });

interface AttemptRow { job_id: string; attempt: number; outcome: string; error: string | null; correlation_id: string; waited: number | null }

describe("workers of jobs", () => {
  let shop: Shop;
  let boss: PgBoss;
  let bus: TestBus;
  const started: PgBoss[] = [];
  const start = async (supervise: boolean): Promise<PgBoss> => {
    const one = await startBoss({ url: shop.primary.appUrl, applicationName: "test jobs", poolSize: 4, logger: quiet, supervise, superviseSeconds: 1 });
    started.push(one);
    return one;
  };
  beforeAll(async () => {
    shop = await openShop({ queues: Object.values(queues) });
    bus = shop.process({ consumers: [consumer as unknown as Consumer] });
    await shop.stock({ TEA: 1_000 });
    boss = await start(true);
  });
  afterAll(async () => {
    await Promise.all(started.map((one) => one.stop({ graceful: false })));
    await shop.close();
  });

  const attempts = async (queue: string): Promise<AttemptRow[]> => (await shop.pool.query<AttemptRow>(
    `SELECT job_id, attempt, outcome, error, correlation_id, extract(epoch FROM started_at - lag(ended_at) OVER (PARTITION BY job_id ORDER BY attempt))::float8 AS waited
     FROM job_attempt WHERE queue = $1 ORDER BY job_id, attempt`, [queue])).rows;

  it("work off events in batches; one that fails is tried again and ends among the dead letters, its neighbours do not notice", async () => {
    const seen: EventJob<OrderPlaced>[] = [];
    const outcomes: string[] = [];
    let atOnce = 0;
    let mostAtOnce = 0;
    const orders = await Promise.all(Array.from({ length: 60 }, () => order(bus, { TEA: 1 })));
    const [bad] = orders;
    await boss.send("test.events", { made: "by hand" }, { retryLimit: 0 });
    await startJobWorkers({
      boss, pool: shop.pool, logger: quiet, pollingSeconds: 0.5, onAttempt: (_queue, outcome) => outcomes.push(outcome),
      workers: [{
        kind: "events", queue: queues.events, consumer,
        async handle(job: EventJob<OrderPlaced>) {
          seen.push(job);
          atOnce += 1;
          mostAtOnce = Math.max(mostAtOnce, atOnce);
          await new Promise((resolve) => { setImmediate(resolve); });
          atOnce -= 1;
          // What PostgreSQL cannot keep as text must not cost the neighbours their record.
          if (job.event.orderId === bad?.commandId) throw new Error(`the courier says \0 \ud800 ${"x".repeat(5_000)}`);
        },
      }] as unknown as readonly AnyWorker[],
    });
    await until("the dead letters are there", async () => (await shop.pool.query("SELECT FROM pgboss.job WHERE name = 'test.events.dead'")).rowCount === 2);
    await boss.offWork("test.events");

    expect(mostAtOnce).toBeGreaterThan(10);
    expect(seen).toHaveLength(61);
    const good = seen.filter(({ event }) => event.orderId !== bad?.commandId);
    expect(new Set(good.map(({ event }) => event.orderId))).toEqual(new Set(orders.slice(1).map(({ commandId }) => commandId)));
    expect(good[0]).toMatchObject({ version: 1, streamId: `order-${good[0]!.event.orderId}`, correlationId: good[0]!.event.orderId, event: { type: "OrderPlaced", customerId: "c1" } });

    const rows = await attempts("test.events");
    const failures = rows.filter(({ correlation_id }) => correlation_id === bad?.commandId);
    expect(failures.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([[1, "failed"], [2, "dead"]]);
    expect(failures[0]?.error).toMatch(/^Error: the courier says \uFFFD \uFFFD x{1000,}$/);
    for (const { waited } of failures.slice(1)) expect(waited).toBeGreaterThanOrEqual(0.9);
    expect(rows.filter(({ outcome }) => outcome === "completed")).toHaveLength(59);
    expect(rows.filter(({ error }) => error?.includes("names no event"))).toMatchObject([{ outcome: "dead", attempt: 1 }]);
    expect(outcomes.filter((outcome) => outcome === "dead")).toHaveLength(2);
    const { rows: dead } = await shop.pool.query("SELECT data FROM pgboss.job WHERE name = 'test.events.dead' AND data ? 'streamId'");
    expect(dead).toEqual([{ data: { streamId: `order-${bad?.commandId ?? ""}`, version: 1, correlationId: bad?.commandId } }]);
  });

  it("repeat the job of a worker that took it and was never heard of again", async () => {
    const crashed = await start(false);
    const id = await boss.send("test.slow", { parcel: 1 });
    const [taken] = await crashed.fetch("test.slow");
    expect(taken?.id).toBe(id);
    await crashed.stop({ graceful: false });
    const heard: [object, number][] = [];
    await startJobWorkers({
      boss, pool: shop.pool, logger: quiet, pollingSeconds: 0.5,
      workers: [{ kind: "data", queue: queues.slow, handle: async (data: object, { attempt, correlate }: { attempt: number; correlate: (id: string) => void }) => { heard.push([data, attempt]); correlate("order-of-it"); } }] as unknown as readonly AnyWorker[],
    });
    await until("the job came again", async () => {
      await boss.supervise("test.slow");
      return (await attempts("test.slow")).length > 0;
    });
    await boss.offWork("test.slow");
    expect(heard).toEqual([[{ parcel: 1 }, 2]]);
    expect(await attempts("test.slow")).toMatchObject([{ job_id: id, attempt: 2, outcome: "completed", correlation_id: "order-of-it" }]);
  });

  it("notice a worker's death by its heartbeat, long before its job would expire", async () => {
    const id = await boss.send("test.beating", { parcel: 1 });
    await boss.fetch("test.beating");
    const state = async () => (await shop.pool.query<{ state: string; heartbeat_seconds: number }>("SELECT state, heartbeat_seconds FROM pgboss.job WHERE id = $1", [id])).rows[0];
    expect(await state()).toEqual({ state: "active", heartbeat_seconds: 15 });
    await shop.pool.query("UPDATE pgboss.job SET heartbeat_on = now() - interval '16 s' WHERE id = $1", [id]);
    await until("it waits for another try", async () => {
      await boss.supervise("test.beating");
      return (await state())?.state === "retry";
    });
  });
});
