import { describe, expect, it } from "@jest/globals";
import { Batcher } from "../../src/platform/bus/batcher.js";

/** Batches that end when the test says so, by a clock that the test moves. */
function bench(waitMaxMs: number) {
  const clock = { nowMs: 0 };
  const running: { readonly count: number; readonly end: () => void }[] = [];
  const batcher = new Batcher<number>({
    capacity: 100, batchMax: 10, lanesMax: 1, waitMaxMs, now: () => clock.nowMs,
    run: (items) => new Promise((resolve) => { running.push({ count: items.length, end: resolve }); }),
  });
  const untilRunning = async (count: number): Promise<void> => { while (running.length < count) await new Promise((resolve) => { setImmediate(resolve); }); };
  return { batcher, running, untilRunning, clock };
}

describe("a queue that is worked off in batches", () => {
  it("turns away who would wait for too long, by the rate of late, and never the first two batches", async () => {
    const { batcher, running, untilRunning, clock } = bench(50);
    for (let item = 0; item < 10; item += 1) expect(batcher.add(item)).toBe(true);
    await untilRunning(1);
    // Nothing is known of the rate yet.
    for (let item = 0; item < 30; item += 1) expect(batcher.add(item)).toBe(true);
    // Ten in thirty milliseconds: twenty wait sixty, and fifty are allowed.
    clock.nowMs += 30;
    running[0]!.end();
    await untilRunning(2);
    expect(batcher.waiting).toBe(20);
    expect(batcher.isFull).toBe(true);
    expect(batcher.add(0)).toBe(false);
    expect(batcher.add(0, true)).toBe(true);
    clock.nowMs += 30;
    running[1]!.end();
    await untilRunning(3);
    for (let item = 1; item < 10; item += 1) expect(batcher.add(item)).toBe(true);
    expect(batcher.add(0)).toBe(false);
    for (let next = 2; next < 5; next += 1) {
      await untilRunning(next + 1);
      running[next]!.end();
    }
    await batcher.drained();
  });

  it("takes as many as it has room for where no wait is too long", async () => {
    const { batcher, running, untilRunning } = bench(Infinity);
    for (let item = 0; item < 110; item += 1) batcher.add(item);
    expect(batcher.waiting).toBe(100);
    expect(batcher.add(0)).toBe(false);
    for (let next = 0; next < 10; next += 1) {
      await untilRunning(next + 1);
      running[next]!.end();
    }
    await batcher.drained();
    expect(running.map(({ count }) => count)).toEqual(Array.from({ length: 10 }, () => 10));
  });
});
