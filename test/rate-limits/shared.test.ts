import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { Redis } from "ioredis";
import { freePort } from "../../src/platform/embedded/free-port.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { LimitCounter } from "../../src/platform/rate-limits/limit-counter.js";
import type { Limit } from "../../src/platform/rate-limits/limits.js";
import { SharedCounters } from "../../src/platform/rate-limits/shared-counters.js";
import { createMetrics } from "../../src/platform/metrics/metrics.js";
import { ask, startSampleApi, tokenFor } from "../http/sample-api.js";
import { until } from "../http/until.js";
import { eventually } from "../projector/teller.js";
import { hasRedisServer, startRedis, type TestRedis } from "../support/test-redis.js";

const limit: Limit = { name: "customer", level: "customer", points: 90, windowSeconds: 600 };
const costLimit: Limit = { ...limit, name: "customer-cost", level: "cost" };
const key = "customer:ann";
const redisKey = `millrace:limit:customer:${key}`;

/** What one API process has. */
interface Process {
  readonly shared: SharedCounters;
  readonly counter: LimitCounter;
  readonly costs: LimitCounter;
}

/** Tries in parallel; how many were allowed. */
async function burst({ counter }: Process, tries: number): Promise<number> {
  const counts = await Promise.all(Array.from({ length: tries }, () => counter.take(key)));
  return counts.filter(({ allowed }) => allowed).length;
}

async function burstOfAll(all: readonly Process[], tries: number): Promise<number> {
  const allowed = await Promise.all(all.map((each) => burst(each, tries)));
  return allowed.reduce((sum, count) => sum + count, 0);
}

if (!hasRedisServer()) process.stderr.write("SKIPPED: rate limits over Redis (no redis-server)\n");

// A server of its own, which may be killed, stopped and emptied.
(hasRedisServer() ? describe : describe.skip)("limits that processes share through Redis", () => {
  let [directory, port, url]: [string, number, string] = ["", 0, ""];
  let server: TestRedis;
  let control: Redis;
  let opened: Process[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "millrace-limits-"));
    port = await freePort(undefined, new Set());
    url = `redis://127.0.0.1:${String(port)}`;
    server = await startRedis(directory, port);
    control = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
    control.on("error", () => undefined);
  });
  afterAll(async () => {
    control.disconnect();
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  });
  beforeEach(() => control.flushall());
  afterEach(() => {
    for (const { shared } of opened) shared.close();
    opened = [];
  });

  const start = async (processes: number, waitMs = 1_000): Promise<Process[]> => {
    const made = Array.from({ length: processes }, () => {
      const shared = new SharedCounters({ url, waitMs, logger: createLogger("silent") });
      const options = { shared, processes };
      return { shared, counter: new LimitCounter(limit, options), costs: new LimitCounter(costLimit, options) };
    });
    opened.push(...made);
    await until(() => made.every(({ shared }) => shared.status === "ready"));
    return made;
  };
  const untilAway = (all: readonly Process[]): Promise<void> => until(() => all.every(({ shared }) => shared.status === "away"));
  const untilBack = (all: readonly Process[]): Promise<void> => until(() => all.every(({ shared }) => shared.status === "ready"));
  /** Calls of our script since the server was started. */
  const scriptCalls = async (): Promise<number> => {
    const stats = await control.info("commandstats");
    return [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0);
  };

  it("hold for all together, however many ask at once", async () => {
    expect(await burstOfAll(await start(3), 200)).toBe(90);
    const left = await control.pttl(redisKey);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(600_000);
  });

  it("begin anew when the window ends", async () => {
    const [first] = await start(1);
    expect(await burst(first!, 80)).toBe(80);
    await control.pexpire(redisKey, 1);
    await eventually("the window has ended", async () => await control.exists(redisKey) === 0);
    expect(await burst(first!, 80)).toBe(80);
  });

  it("are asked once for all that a turn brings, and not at all in a flood", async () => {
    const [first] = await start(1);
    const before = await scriptCalls();
    await Promise.all([first!.counter.take(key), first!.costs.take(key, 50), first!.counter.take("customer:bob")]);
    expect(await scriptCalls()).toBe(before + 1);
    await burst(first!, 89);
    const full = await scriptCalls();
    expect(await burst(first!, 1_000)).toBe(0);
    expect(await scriptCalls()).toBe(full);
    expect(first!.counter.knownRefusal(key)).toMatchObject({ allowed: false, remaining: 0 });
    expect(first!.counter.knownRefusal("customer:bob")).toBeNull();
  });

  it("give back what was not used, also to the other processes", async () => {
    const [first, second] = await start(2);
    const taken = await first!.costs.take(key, 90);
    expect((await second!.costs.take("customer:bob", 90)).allowed).toBe(true);
    first!.costs.giveBack(key, 60, taken);
    await until(() => first!.shared.status === "ready");
    await first!.counter.take("a later turn");
    expect(await second!.costs.take(key, 60)).toMatchObject({ allowed: true, remaining: 0 });
  });

  it("allow each process its part while Redis is away, and are shared again when it is back", async () => {
    const all = await start(3);
    const shared = await burstOfAll(all, 20);
    expect(shared).toBe(60);
    await server.stop();
    await untilAway(all);
    // 30 each, beside what was shared before: within a window at most twice the limit.
    const apart = await burstOfAll(all, 200);
    expect(apart).toBe(90);
    expect(shared + apart).toBeLessThanOrEqual(2 * limit.points);
    server = await startRedis(directory, port);
    await untilBack(all);
    expect(await burstOfAll(await start(3), 200)).toBe(90);
  });

  it("allow at most the limit for each process where nobody said how many there are", async () => {
    const shared = new SharedCounters({ url: "redis://127.0.0.1:1", waitMs: 50, logger: createLogger("silent") });
    const alone = { shared, counter: new LimitCounter(limit, { shared, processes: 1 }), costs: new LimitCounter(costLimit, { shared, processes: 1 }) };
    opened.push(alone);
    expect(await burst(alone, 200)).toBe(90);
  });

  it("wait for a Redis that hangs once, not once a request", async () => {
    const [first] = await start(1, 50);
    await control.client("PAUSE", 600_000, "ALL");
    const answers = Array.from({ length: 20 }, () => first!.counter.take(key));
    await Promise.all(answers);
    expect(first!.shared.status).toBe("away");
    // Nothing is sent any more: these are answered before a timer could fire.
    const soon = Promise.all(Array.from({ length: 20 }, () => first!.counter.take(key))).then(() => "answered");
    expect(await Promise.race([soon, new Promise((resolve) => { setTimeout(resolve, 0, "late"); })])).toBe("answered");
    await server.stop();
    server = await startRedis(directory, port);
    await untilBack([first!]);
  });

  it("allow at most one more limit when Redis is emptied, and none to who was refused", async () => {
    const [first, second] = await start(2);
    const before = await burst(first!, 200);
    await control.flushall();
    expect(await burst(first!, 200)).toBe(0);
    const after = await burstOfAll([second!], 200);
    expect([before, after]).toEqual([90, 90]);
  });

  it("never become larger by a refund that meets an emptied Redis", async () => {
    const [first] = await start(1);
    const taken = await first!.costs.take(key, 90);
    await control.flushall();
    first!.costs.giveBack(key, 80, taken);
    await first!.counter.take("a later turn");
    expect((await first!.costs.take(key, 91)).allowed).toBe(false);
  });

  it("hold for two API processes, which go on answering while Redis is away", async () => {
    const registries = [createMetrics(), createMetrics()];
    const environment = { REDIS_URL: url, RATE_LIMIT_CUSTOMER: "10", RATE_LIMIT_PROCESSES: "2", RATE_LIMIT_REDIS_WAIT_MS: "1000" };
    const apis = await Promise.all(registries.map((registry) => startSampleApi(environment, { registry })));
    try {
      const allowed = async (subject: string): Promise<number> => {
        const headers = { authorization: `Bearer ${await tokenFor("customer", subject)}` };
        const answers = await Promise.all(Array.from({ length: 30 }, (_, turn) => ask(apis[turn % 2]!, "{ whoAmI }", headers)));
        return answers.filter(({ status }) => status === 200).length;
      };
      const untilFallbackIs = async (state: 0 | 1): Promise<void> => {
        await eventually(`the fallback is ${String(state)} everywhere`, async () => {
          const texts = await Promise.all(registries.map((registry) => registry.metrics()));
          return texts.every((text) => text.includes(`millrace_rate_limit_fallback ${String(state)}`));
        });
      };
      await untilFallbackIs(0);
      expect(await allowed("ann")).toBe(10);
      await server.stop();
      await untilFallbackIs(1);
      expect(await allowed("bob")).toBe(10); // five at each
    } finally {
      await Promise.all(apis.map((api) => api.close()));
      server = await startRedis(directory, port);
    }
  });

  it("survive the loss of the script", async () => {
    const [first] = await start(1);
    await burst(first!, 10);
    await control.script("FLUSH");
    expect(await burst(first!, 200)).toBe(80);
    expect(first!.shared.status).toBe("ready");
  });
});
