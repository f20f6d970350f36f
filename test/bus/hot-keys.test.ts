import { beforeEach, describe, expect, it } from "@jest/globals";
import { HotKeys } from "../../src/platform/bus/hot-keys.js";

describe("which key is hot", () => {
  let nowMs: number;
  let keys: HotKeys;
  beforeEach(() => {
    nowMs = 1_000_000;
    keys = new HotKeys({ hotMax: 2, shareMin: 0.25, queueMin: 100, quietMs: 10_000, now: () => nowMs });
  });

  /** Sends commands, each with the keys that `keysOf` gives it; returns the keys that became hot. */
  const arrive = (count: number, keysOf: (index: number) => string[], waiting = 100): string[] =>
    Array.from({ length: count }, (_, index) => keys.arrived(keysOf(index), waiting)).filter((key) => key !== undefined);

  it("the one that dominates while the queue builds up", () => {
    expect(arrive(300, (index) => (index % 3 === 0 ? ["SALE"] : [`SKU-${String(index)}`])).at(0)).toBe("SALE");
    expect(keys.hotOf(["TEA", "SALE"])).toBe("SALE");
    expect(keys.hotOf(["TEA"])).toBeUndefined();
  });

  it("none while the queue is short, however often it comes", () => {
    expect(arrive(1_000, () => ["SALE"], 99)).toEqual([]);
  });

  it("none where all are wanted alike", () => {
    expect(arrive(2_000, (index) => [`SKU-${String(index % 10)}`])).toEqual([]);
  });

  it("none on the word of a few commands", () => {
    expect(arrive(49, () => ["SALE"])).toEqual([]);
    expect(arrive(1, () => ["SALE"])).toEqual(["SALE"]);
  });

  it("what was long ago does not count", () => {
    arrive(900, () => ["YESTERDAY"], 0);
    nowMs += 2_001;
    expect(arrive(200, (index) => (index % 8 === 0 ? ["YESTERDAY"] : [`SKU-${String(index)}`]))).toEqual([]);
  });

  it("only so many at once", () => {
    expect(arrive(100, () => ["A"]).at(0)).toBe("A");
    nowMs += 3_000;
    expect(arrive(100, () => ["B"]).at(0)).toBe("B");
    nowMs += 3_000;
    expect(arrive(100, () => ["C"])).toEqual([]);
  });

  it("a command for everything is aimed at nothing", () => {
    const everything = Array.from({ length: 21 }, (_, index) => `SKU-${String(index)}`);
    expect(arrive(500, () => everything)).toEqual([]);
  });

  it("cools down when its own queue has been short for a while", () => {
    arrive(50, () => ["SALE"]);
    nowMs += 9_999;
    keys.queued("SALE", 100);
    nowMs += 9_999;
    keys.queued("SALE", 99);
    expect(keys.coolDown()).toEqual([]);
    nowMs += 1;
    expect(keys.coolDown()).toEqual(["SALE"]);
    expect(keys.hotOf(["SALE"])).toBeUndefined();
  });
});
