import { afterEach, describe, expect, it } from "@jest/globals";
import { DueQueue } from "../../src/simulators/due-queue.js";
import { eventually } from "./webhook-receiver.js";

let queue: DueQueue<number>;
afterEach(() => { queue.stop(); });

describe("the queue of due things", () => {
  it("hands out what is due by its time, ties in the order of adding, the rest not at all", async () => {
    const handled: number[] = [];
    queue = new DueQueue((item) => { handled.push(item); });
    const past = Date.now() - 10_000;
    // 7,919 is prime: every number below 3,000 once, in no order.
    const items = Array.from({ length: 3_000 }, (_, n) => (n * 7_919) % 3_000);
    for (const item of items) queue.add(item, past + Math.floor(item / 2));
    queue.add(-1, Date.now() + 60_000);
    expect(handled).toEqual([]);
    await eventually("all that is due", () => handled.length === 3_000);
    const byTime = items.map((item, order) => ({ item, order })).sort((a, b) => Math.floor(a.item / 2) - Math.floor(b.item / 2) || a.order - b.order);
    expect(handled).toEqual(byTime.map(({ item }) => item));
    expect(queue.size).toBe(1);
  });
  it("takes new things while it hands out others, and nothing after it stopped", async () => {
    const handled: number[] = [];
    queue = new DueQueue((item) => {
      handled.push(item);
      if (item < 5) queue.add(item + 1, Date.now() - 1);
    });
    queue.add(0, Date.now() + 60_000);
    queue.add(1, Date.now() + 5);
    await eventually("the chain", () => handled.length === 5);
    expect(handled).toEqual([1, 2, 3, 4, 5]);
    queue.stop();
    queue.add(9, 0);
    expect(queue.size).toBe(0);
  });
});
