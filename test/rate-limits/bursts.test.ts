import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { LimitCounter } from "../../src/platform/rate-limits/limit-counter.js";
import type { Limit } from "../../src/platform/rate-limits/limits.js";

const limit: Limit = { name: "customer", level: "customer", points: 100, windowSeconds: 10 };
const alone = { shared: null, processes: 1 };

/** Tries so often, all at this moment; how many were allowed. */
async function burst(counter: LimitCounter, tries: number, key = "ann"): Promise<number> {
  const counts = await Promise.all(Array.from({ length: tries }, () => counter.take(key)));
  return counts.filter(({ allowed }) => allowed).length;
}

describe("a fixed window of ten seconds", () => {
  beforeEach(() => { jest.useFakeTimers({ doNotFake: ["nextTick", "queueMicrotask", "setImmediate"] }); });
  afterEach(() => { jest.useRealTimers(); });

  it("allows its limit and not one more", async () => {
    const counter = new LimitCounter(limit, alone);
    expect(await burst(counter, 1_000)).toBe(100);
    jest.advanceTimersByTime(9_999);
    expect(await burst(counter, 10)).toBe(0);
    jest.advanceTimersByTime(1);
    expect(await burst(counter, 1_000)).toBe(100);
  });

  it("says what is left, and when the window ends", async () => {
    const counter = new LimitCounter(limit, alone);
    expect(await counter.take("ann")).toMatchObject({ allowed: true, remaining: 99, leftMs: 10_000 });
    jest.advanceTimersByTime(4_000);
    expect(await counter.take("ann", 99)).toMatchObject({ allowed: true, remaining: 0, leftMs: 6_000 });
    expect(await counter.take("ann")).toMatchObject({ allowed: false, remaining: 0, leftMs: 6_000 });
  });

  it("allows at most twice its limit at the edge of a window, which is the worst that a caller can arrange", async () => {
    const counter = new LimitCounter(limit, alone);
    let atTheEdge = await burst(counter, 1); // opens the window
    jest.advanceTimersByTime(9_999);
    atTheEdge += await burst(counter, 1_000);
    jest.advanceTimersByTime(1);
    atTheEdge += await burst(counter, 1_000);
    expect(atTheEdge).toBe(200);
    jest.advanceTimersByTime(9_999);
    expect(await burst(counter, 1_000)).toBe(0);
  });

  // A window of a minute would allow 1,200 in a moment at the same rate; this one never more than 700 in a minute.
  it.each([100, 999, 1_000, 2_500, 3_333])("never allows more than (t / window + 1) limits within any t, tried every %i ms", async (stepMs) => {
    const counter = new LimitCounter(limit, alone);
    const allowedAt: { atMs: number; count: number }[] = [];
    for (let atMs = 0; atMs < 90_000; atMs += stepMs) {
      allowedAt.push({ atMs, count: await burst(counter, 150) });
      jest.advanceTimersByTime(stepMs);
    }
    const within = (spanMs: number): number => Math.max(...allowedAt.map(({ atMs: from }) =>
      allowedAt.filter(({ atMs }) => atMs >= from && atMs < from + spanMs).reduce((sum, { count }) => sum + count, 0)));
    for (const spanMs of [1_000, 10_000, 25_000, 60_000]) expect(within(spanMs)).toBeLessThanOrEqual((Math.ceil(spanMs / 10_000) + 1) * 100);
    expect(within(60_000)).toBeLessThanOrEqual(700);
  });

  it("counts each key by itself", async () => {
    const counter = new LimitCounter(limit, alone);
    expect(await burst(counter, 150, "ann")).toBe(100);
    expect(await burst(counter, 150, "bob")).toBe(100);
  });
});

describe("points that are given back", () => {
  beforeEach(() => { jest.useFakeTimers({ doNotFake: ["nextTick", "queueMicrotask", "setImmediate"] }); });
  afterEach(() => { jest.useRealTimers(); });

  it("can be used again in the same window", async () => {
    const counter = new LimitCounter(limit, alone);
    const taken = await counter.take("ann", 80);
    counter.giveBack("ann", 70, taken);
    expect(await counter.take("ann", 90)).toMatchObject({ allowed: true, remaining: 0 });
  });

  it("are lost when the window has ended: the next one must not be larger", async () => {
    const counter = new LimitCounter(limit, alone);
    const taken = await counter.take("ann", 80);
    jest.advanceTimersByTime(9_950);
    counter.giveBack("ann", 70, taken);
    jest.advanceTimersByTime(50);
    counter.giveBack("ann", 70, taken);
    expect(await burst(counter, 1_000)).toBe(100);
  });
});
