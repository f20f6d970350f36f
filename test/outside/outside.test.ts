import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { setImmediate as turn, setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { Registry } from "prom-client";
import { GatewayError, type GatewayErrorKind } from "../../src/platform/http-client/gateway-error.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { Outside, type OutsideOptions } from "../../src/platform/outside/outside.js";
import type { BreakerState } from "../../src/kernel/breaker.js";
import { SlidingSecond } from "../../src/platform/outside/sliding-second.js";
import { until } from "../replication/until.js";
import { hasRedisServer, startTestRedis, type TestRedis } from "../support/test-redis.js";

const opened: Outside[] = [];
afterEach(() => { for (const one of opened.splice(0)) one.close(); });

function neighbour(changes: Partial<OutsideOptions> = {}): { outside: Outside; registry: Registry; states: BreakerState[] } {
  const registry = new Registry();
  const states: BreakerState[] = [];
  const outside = new Outside({
    party: "neighbour", registry, logger: createLogger("silent"), callsMax: 10, callsPerSecond: 0, onChange: (state) => states.push(state),
    ...changes, breaker: { slowMs: 1_000, callsMin: 10, windowMs: 5_000, openMs: 50, openMaxMs: 100, probes: 1, ...changes.breaker },
  });
  opened.push(outside);
  return { outside, registry, states };
}

const failure = (kind: GatewayErrorKind, options: Partial<ConstructorParameters<typeof GatewayError>[2]> = {}) => () =>
  Promise.reject(new GatewayError(kind, "the neighbour failed", { inDoubt: true, ...options }));
const good = () => Promise.resolve("answer");

/** The outcomes of so many calls, one after the other. */
async function calls(outside: Outside, count: number, work: () => Promise<string>): Promise<unknown[]> {
  const outcomes: unknown[] = [];
  for (let call = 0; call < count; call += 1) outcomes.push(await outside.call(work).catch((error: unknown) => error));
  return outcomes;
}

async function failed(call: Promise<unknown>): Promise<GatewayError> {
  const error = await call.then(() => null, (thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(GatewayError);
  return error as GatewayError;
}

/** Works only so long as it is not called: how often it was. */
function counted(work: () => Promise<string>): { readonly work: () => Promise<string>; count: number } {
  const counting = { count: 0, work: () => { counting.count += 1; return work(); } };
  return counting;
}

/** The first call that is sent when the breaker lets a probe through, wrapped so that it is not waited for. */
async function probe(outside: Outside, work: () => Promise<string>): Promise<{ readonly call: Promise<string> }> {
  for (;;) {
    const sent = counted(work);
    const call = outside.call(sent.work);
    call.catch(() => undefined);
    await turn();
    if (sent.count === 1) return { call };
  }
}

async function metric(registry: Registry, name: string, labels: Readonly<Record<string, string>>): Promise<number> {
  const { values } = await (registry.getSingleMetric(name)?.get() ?? Promise.resolve({ values: [] }));
  return values.find((value) => Object.entries(labels).every(([label, is]) => value.labels[label] === is))?.value ?? 0;
}

describe("a neighbour that does not take our key", () => {
  it("is told of, and is not taken for one that is down", async () => {
    let told = 0;
    const { outside, states } = neighbour({ onLockedOut: () => { told += 1; } });
    await calls(outside, 30, failure("rejected", { status: 401, inDoubt: false }));
    expect([told, states]).toEqual([30, []]);
    await calls(outside, 1, failure("rejected", { status: 404, inDoubt: false }));
    expect(told).toBe(30);
  });
});

describe("the breaker of a neighbour", () => {
  it("opens when too many of enough calls failed; nothing is sent then, nothing is in doubt, and it says when to come back", async () => {
    const { outside, registry, states } = neighbour({ breaker: { slowMs: 1_000, openMs: 30_000, openMaxMs: 30_000 } });
    await calls(outside, 9, failure("timeout"));
    expect(outside.state).toBe("closed");
    await calls(outside, 1, failure("unavailable", { status: 500 }));
    expect(outside.state).toBe("open");
    const never = counted(good);
    const held = await failed(outside.call(never.work));
    expect(never.count).toBe(0);
    expect(held).toMatchObject({ kind: "unavailable", inDoubt: false, heldBack: true, code: "held_breaker" });
    expect(held.retryAfterSeconds).toBeGreaterThan(14);
    expect(held.retryAfterSeconds).toBeLessThan(31);
    expect(states).toEqual(["open"]);
    expect(await metric(registry, "millrace_outside_state", { party: "neighbour" })).toBe(2);
    expect(await metric(registry, "millrace_outside_calls_total", { outcome: "failed" })).toBe(10);
    expect(await metric(registry, "millrace_outside_calls_total", { outcome: "held_breaker" })).toBe(1);
  });
  it("sends those whom it holds back away at different times", async () => {
    const { outside } = neighbour();
    outside.hold();
    const times = (await calls(outside, 200, good)).map((error) => (error as GatewayError).retryAfterSeconds ?? 0);
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(1.5);
  });
  it.each([
    ["refusals of our own requests", failure("rejected", { inDoubt: false, status: 400 })],
    ["a call with the same key at work", failure("unavailable", { status: 409 })],
    ["mistakes of ours", () => Promise.reject(new TypeError("a bug"))],
  ])("does not count %s", async (_what, work) => {
    const { outside } = neighbour();
    const outcomes = await calls(outside, 30, work);
    expect(outside.state).toBe("closed");
    expect(outcomes.some((outcome) => outcome instanceof GatewayError && outcome.heldBack)).toBe(false);
  });
  it("stays closed while enough calls get through", async () => {
    const { outside } = neighbour();
    for (let turn = 0; turn < 15; turn += 1) {
      await calls(outside, 1, good);
      await calls(outside, 3, failure("timeout"));
    }
    expect(outside.state).toBe("closed");
  });
  it("counts calls that are slow as failed, and still gives their answers", async () => {
    const { outside } = neighbour({ breaker: { slowMs: 1, openMs: 30_000, openMaxMs: 30_000 } });
    const slow = async (): Promise<string> => { await pause(5); return "late"; };
    expect(await calls(outside, 10, slow)).toEqual(Array.from({ length: 10 }, () => "late"));
    expect(outside.state).toBe("open");
  });
  it("lets one probe through after its time, and closes when it went well", async () => {
    const { outside, states } = neighbour();
    await calls(outside, 10, failure("timeout"));
    let answer: (text: string) => void = () => undefined;
    const { call } = await probe(outside, () => new Promise<string>((resolve) => { answer = resolve; }));
    expect(outside.state).toBe("half_open");
    const others = counted(good);
    for (const error of await calls(outside, 5, others.work)) expect(error).toMatchObject({ heldBack: true });
    expect(others.count).toBe(0);
    answer("well again");
    expect(await call).toBe("well again");
    expect(states).toEqual(["open", "half_open", "closed"]);
    expect(await calls(outside, 5, good)).toEqual(Array.from({ length: 5 }, () => "answer"));
  });
  it("opens again when the probe fails", async () => {
    const { outside, states } = neighbour();
    await calls(outside, 10, failure("timeout"));
    const { call } = await probe(outside, failure("timeout"));
    expect(await failed(call)).toMatchObject({ kind: "timeout", heldBack: false });
    expect(states).toEqual(["open", "half_open", "open"]);
  });
  it("is held open and closed by hand", async () => {
    const { outside, states } = neighbour();
    outside.hold();
    const never = counted(good);
    expect(await failed(outside.call(never.work))).toMatchObject({ heldBack: true });
    expect(never.count).toBe(0);
    outside.reset();
    expect(await outside.call(good)).toBe("answer");
    await calls(outside, 20, failure("timeout"));
    outside.reset();
    expect(await outside.call(good)).toBe("answer");
    expect(states).toEqual(["held_open", "closed", "open", "closed"]);
  });
});

describe("a process that is busy itself", () => {
  const stallMs = 700;
  const spin = (ms: number): void => { for (const endMs = performance.now() + ms; performance.now() < endMs;); };
  const one = () => neighbour({ breaker: { slowMs: 600, failuresInRow: 1, openMs: 30_000, openMaxMs: 30_000 } }).outside;
  const hangs = async (): Promise<string> => {
    await pause(stallMs);
    throw new GatewayError("timeout", "no answer", { inDoubt: true });
  };

  it.each([
    ["an answer that it heard late", good],
    ["one that it took for lost", failure("timeout")],
  ])("does not count %s since it stood still", async (_what, ends) => {
    const outside = one();
    await calls(outside, 1, async () => {
      await turn();
      spin(stallMs);
      await turn();
      return ends();
    });
    expect(outside.state).toBe("closed");
    // What it does hear counts as before.
    await calls(outside, 1, failure("unavailable"));
    expect(outside.state).toBe("open");
  });

  it.each([["idle", () => pause(1)], ["at work without a pause, and hears", async () => { spin(5); await turn(); }]])("counts a neighbour that hangs while it is %s", async (_how, busy) => {
    const outside = one();
    const ends: unknown[] = [];
    outside.call(hangs).catch((error: unknown) => ends.push(error));
    while (ends.length === 0) await busy();
    expect(outside.state).toBe("open");
  });
});

describe("the bulkhead of a neighbour", () => {
  it("bounds the calls at once and those that wait; the rest is held back", async () => {
    const { outside } = neighbour({ callsMax: 3, callsWaitingMax: 5 });
    const [releases, results] = [[] as (() => void)[], [] as Promise<unknown>[]];
    let [atOnce, most] = [0, 0];
    const work = async (): Promise<string> => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await new Promise<void>((resolve) => { releases.push(resolve); });
      atOnce -= 1;
      return "answer";
    };
    for (let call = 0; call < 12; call += 1) results.push(outside.call(work).catch((error: unknown) => error));
    for (let done = 0; done < 8; done += 1) {
      await until("a call is under way", () => Promise.resolve(releases.length > 0));
      releases.shift()?.();
    }
    const outcomes = await Promise.all(results);
    expect(outcomes.filter((outcome) => outcome === "answer")).toHaveLength(8);
    const held = outcomes.filter((outcome): outcome is GatewayError => outcome instanceof GatewayError);
    expect(held).toHaveLength(4);
    for (const error of held) expect(error).toMatchObject({ code: "held_bulkhead", heldBack: true, inDoubt: false });
    expect(most).toBe(3);
  });
});

describe("a pause that the neighbour asks for", () => {
  it("is kept by everybody, and the one who was told knows when it ends", async () => {
    const { outside } = neighbour();
    const told = await failed(outside.call(failure("rate_limited", { inDoubt: false, status: 429, retryAfterSeconds: 30 })));
    expect(told).toMatchObject({ kind: "rate_limited", heldBack: false, status: 429 });
    expect(told.retryAfterSeconds).toBeGreaterThanOrEqual(30);
    const never = counted(good);
    const held = await failed(outside.call(never.work));
    expect(held).toMatchObject({ kind: "rate_limited", heldBack: true, code: "held_pause" });
    expect(held.retryAfterSeconds).toBeGreaterThan(29);
    expect(never.count).toBe(0);
    expect(outside.state).toBe("closed");
    outside.reset();
    expect(await outside.call(good)).toBe("answer");
  });
  it("is a short one where a 429 does not say how long", async () => {
    const { outside } = neighbour();
    const told = await failed(outside.call(failure("rate_limited", { inDoubt: false, status: 429 })));
    expect(told.retryAfterSeconds).toBeGreaterThanOrEqual(1);
    expect(await failed(outside.call(good))).toMatchObject({ code: "held_pause" });
  });
  it("is nobody else's where one's own call is still at work", async () => {
    const { outside } = neighbour();
    const told = await failed(outside.call(failure("unavailable", { status: 409, retryAfterSeconds: 30 })));
    expect(told).toMatchObject({ status: 409, retryAfterSeconds: 30 });
    expect(await outside.call(good)).toBe("answer");
  });
  it("comes with a 503 as well, and ends", async () => {
    const { outside } = neighbour();
    await failed(outside.call(failure("unavailable", { status: 503, retryAfterSeconds: 0.05 })));
    expect(await failed(outside.call(good))).toMatchObject({ code: "held_pause" });
    await until("it may be called again", () => outside.call(good).then(() => true, () => false));
  });
});

describe("the pace of calls", () => {
  it("is never above so many a second, whole seconds beginning anywhere; who would wait too long is told when to come", async () => {
    const { outside } = neighbour({ callsPerSecond: 40, turnWaitMaxMs: 1_000, callsMax: 200 });
    const at: number[] = [];
    const work = (): Promise<string> => { at.push(performance.now()); return good(); };
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => outside.call(work).catch((error: unknown) => error)));
    const held = outcomes.filter((outcome): outcome is GatewayError => outcome instanceof GatewayError);
    expect(at.length + held.length).toBe(100);
    expect(at.length).toBeGreaterThanOrEqual(40);
    expect(at.length).toBeLessThanOrEqual(42);
    for (const [place, first] of at.entries()) expect(at.slice(place).filter((each) => each - first < 990).length).toBeLessThanOrEqual(40);
    for (const error of held) expect(error).toMatchObject({ kind: "rate_limited", code: "held_limit", heldBack: true });
    const times = held.map(({ retryAfterSeconds = 0 }) => retryAfterSeconds);
    expect(Math.max(...times)).toBeGreaterThan(2);
  });
});

const redisUrl = process.env["REDIS_URL"] ?? (hasRedisServer() ? "own" : undefined);
if (redisUrl === undefined) process.stderr.write("SKIPPED: the pace of several processes (no Redis)\n");

(redisUrl === undefined ? describe.skip : describe)("the pace of several processes", () => {
  let [directory, redis, watch]: [string, TestRedis | null, Redis | null] = ["", null, null];
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "millrace-outside-"));
    redis = await startTestRedis(directory);
    watch = new Redis(redis.value ?? "");
  });
  afterAll(async () => {
    watch?.disconnect();
    await redis?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const sentBy = async (url: string | undefined, watch: Redis | null): Promise<number[]> => {
    const at: number[] = [];
    const party = `neighbour-${String(Date.now())}`;
    const processes = Array.from({ length: 3 }, () => neighbour({ party, redisUrl: url, callsPerSecond: 20, turnWaitMaxMs: 2_500, callsMax: 200 }).outside);
    const work = (): Promise<string> => { at.push(performance.now()); return good(); };
    if (watch) {
      const key = `millrace:outside:${party}`;
      for (const one of processes) {
        await watch.del(key);
        await until("it counts in Redis", async () => { await one.call(good); return await watch.exists(key) === 1; });
      }
      await until("the window of that is over", async () => await watch.exists(key) === 0);
    }
    await Promise.all(processes.flatMap((one) => Array.from({ length: 30 }, () => one.call(work).catch(() => undefined))));
    return at;
  };

  it("is one pace where they have Redis in common", async () => {
    const at = await sentBy(redis?.value, watch);
    const first = at[0] ?? 0;
    expect(at.length).toBeGreaterThan(30);
    expect(at.filter((each) => each - first < 900).length).toBeLessThanOrEqual(20);
  });
  it("is each process's own where Redis is away", async () => {
    const at = await sentBy("redis://127.0.0.1:9", null);
    expect(at.length).toBe(90);
  });
});

describe("a sliding second", () => {
  it("never holds more than so many calls, wherever it begins", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat({ max: 700 }), { maxLength: 100 }), (callsMax, gaps) => {
      const sent = new SlidingSecond(callsMax);
      const at: number[] = [];
      let now = 0;
      for (const gap of gaps) {
        now += gap;
        const wait = sent.take(now);
        if (wait === 0) at.push(now);
        // The wait is right: just before it none may go, then one may.
        else expect(wait).toBe(at.at(-callsMax)! + 1_000 - now);
      }
      for (const [place, first] of at.entries()) expect(at.slice(place).filter((each) => each < first + 1_000).length).toBeLessThanOrEqual(callsMax);
    }));
  });
});

describe("the budget of repetitions", () => {
  it("makes repetitions of a neighbour that fails wait longer and longer", async () => {
    const { outside } = neighbour({ breaker: { slowMs: 1_000, callsMin: 100_000 } });
    const first = await failed(outside.call(failure("timeout")));
    expect(first.retryAfterSeconds).toBeUndefined();
    const all = (await calls(outside, 400, failure("timeout"))).map((error) => (error as GatewayError).retryAfterSeconds ?? 0);
    expect(all.at(-1)).toBeGreaterThan(10);
    await calls(outside, 400, good);
    expect((await failed(outside.call(failure("timeout")))).retryAfterSeconds).toBeUndefined();
  });
});
