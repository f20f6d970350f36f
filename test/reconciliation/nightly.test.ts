import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { PgBoss } from "pg-boss";
import { reconciliationWorker } from "../../src/cli/reconciliation.js";
import { readPayments, readTotals } from "../../src/commands/reconciliation/our-side.reader.js";
import { paymentIdOf } from "../../src/commands/payments/payments.steps.js";
import { envelope } from "../../src/commands/reconciliation/reconcile-span.job.js";
import { reconciliationQueue } from "../../src/commands/reconciliation/reconciliation.job.js";
import { finishReconciliation } from "../../src/commands/reconciliation/record-mismatch.js";
import { beginOf, dayOf, daysBefore } from "../../src/commands/reconciliation/shop-day.calendar.js";
import { readSettings } from "../../src/platform/config/config.js";
import { startBoss } from "../../src/platform/jobs/boss.js";
import { startJobWorkers } from "../../src/platform/jobs/job-worker.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { createMetrics } from "../../src/platform/metrics/metrics.js";
import { ShopApi } from "../queries/shop-api.js";
import { furnish, order } from "../queries/shop-life.js";
import { until } from "../replication/until.js";
import { ProviderBooks } from "./provider-books.js";

const logger = createLogger("silent");
const zone = "Europe/Berlin";

describe("the nightly job", () => {
  let shop: ShopApi;
  let provider: ProviderBooks;
  const workers: PgBoss[] = [];
  const closes: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    shop = await ShopApi.start();
    await furnish(shop);
    provider = new ProviderBooks();
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((boss) => boss.stop({ graceful: false })));
    await Promise.all(closes.splice(0).map((close) => close()));
    await shop.stop();
  });

  /** As a worker process has it. */
  async function work(): Promise<PgBoss> {
    const { write, node } = shop;
    const settings = readSettings({ NODE_ENV: "test", SHOP_TIME_ZONE: zone });
    const deployment = { settings, logger, registry: createMetrics(), nodes: [node] } as unknown as Parameters<typeof reconciliationWorker>[0];
    const boss = await startBoss({ url: shop.primaryUrl, applicationName: "test reconciliation", poolSize: 3, logger, supervise: true });
    workers.push(boss);
    const worker = reconciliationWorker(deployment, write, provider);
    closes.push(() => worker.close());
    await startJobWorkers({ boss, pool: write.pool, logger, pollingSeconds: 0.5, workers: [worker] });
    return boss;
  }

  const finished = async () => (await shop.write.pool.query<{ day: string; compared: number; found: number; repaired: number; open: number }>(
    `SELECT data->>'day' AS day, (data->>'compared')::int AS compared, (data->>'found')::int AS found, (data->>'repaired')::int AS repaired, (data->>'open')::int AS open
     FROM event_log WHERE type = 'ReconciliationFinished' ORDER BY 1`)).rows;

  it("compares the day before in the shop's time zone, and days that nobody finished; it goes on after a failure and after another worker", async () => {
    const yesterday = daysBefore(dayOf(Date.now(), zone), 1);
    const { raw } = await order(shop, "ann");
    const amountMinor = (await readTotals(shop.write.pool, [raw])).get(raw)!.amountMinor;
    const paymentId = paymentIdOf(raw);
    // The first millisecond of the day, and the last.
    const end = Date.parse(beginOf(daysBefore(yesterday, -1), zone)) - 1;
    provider.write({ providerReference: "pi_first", createdAt: beginOf(yesterday, zone) });
    provider.write({ providerReference: "pi_last", paymentId, orderId: raw, amountMinor, capturedMinor: amountMinor, createdAt: new Date(end).toISOString() });
    provider.write({ providerReference: "pi_next_day", createdAt: new Date(end + 1).toISOString() });
    const first = await work();
    provider.failing = 1;
    await first.send(reconciliationQueue.name, {});
    await until("some steps are done", () => Promise.resolve(provider.asked.pages > 20));
    await first.stop({ graceful: true });
    await work();
    await until("three days are finished", async () => (await finished()).length === 3, 60_000);
    expect(await finished()).toEqual([
      { day: daysBefore(yesterday, 2), compared: 0, found: 0, repaired: 0, open: 0 },
      { day: daysBefore(yesterday, 1), compared: 0, found: 0, repaired: 0, open: 0 },
      { day: yesterday, compared: 2, found: 2, repaired: 1, open: 1 },
    ]);
    expect((await readPayments(shop.write.pool, [paymentId])).get(paymentId)).toMatchObject({ status: "CAPTURED" });
    const { rows } = await shop.write.pool.query<{ attempts: number; failed: number }>(
      "SELECT count(*)::int AS attempts, count(*) FILTER (WHERE outcome = 'failed')::int AS failed FROM job_attempt WHERE queue = $1", [reconciliationQueue.name]);
    expect(rows[0]?.failed).toBe(1);

    // Another night: everything is finished, nothing is begun.
    await workers.at(-1)!.send(reconciliationQueue.name, {});
    await until("the job is done", async () => (await shop.write.pool.query(
      "SELECT FROM job_attempt WHERE queue = $1", [reconciliationQueue.name])).rowCount! > rows[0]!.attempts);
    expect(await finished()).toHaveLength(3);
  }, 120_000);

  it("compares a day again that was compared by hand before it was over", async () => {
    const yesterday = daysBefore(dayOf(Date.now(), zone), 1);
    const run = async (day: string, beganAt: string) => shop.write.bus.execute(finishReconciliation, {
      type: "Finish", day, provider: provider.name, run: randomUUID(), compared: 0, found: 0, repaired: 0, open: 0, beganAt,
    }, envelope());
    const end = Date.parse(beginOf(daysBefore(yesterday, -1), zone));
    await run(yesterday, new Date(end - 1).toISOString());
    for (const days of [1, 2]) await run(daysBefore(yesterday, days), new Date(end).toISOString());
    const boss = await work();
    await boss.send(reconciliationQueue.name, {});
    await until("a fourth run is finished", async () => (await finished()).length === 4, 60_000);
    expect((await finished()).map(({ day }) => day)).toEqual([daysBefore(yesterday, 2), daysBefore(yesterday, 1), yesterday, yesterday]);
  }, 120_000);
});
