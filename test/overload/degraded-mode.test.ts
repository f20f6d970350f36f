import { describe, expect, it } from "@jest/globals";
import { DegradedMode } from "../../src/platform/overload/degraded-mode.js";
import { LastAnswers } from "../../src/platform/overload/last-answers.js";

const well = { level: 0, readable: true } as const;

describe("the degraded mode", () => {
  it("begins by itself under pressure, and ends when all was well for ten seconds", () => {
    const mode = new DegradedMode();
    mode.next({ level: 1, readable: true }, 0);
    expect(mode.isOn).toBe(false);
    mode.next({ level: 2, readable: true }, 1_000);
    expect([mode.isOn, mode.sinceMs]).toEqual([true, 1_000]);
    mode.next(well, 2_000);
    mode.next({ level: 1, readable: true }, 3_000);
    mode.next(well, 4_000);
    mode.next(well, 13_999);
    expect(mode.isOn).toBe(true);
    mode.next(well, 14_000);
    expect([mode.isOn, mode.sinceMs]).toEqual([false, null]);
  });

  it("begins when no read node answers", () => {
    const mode = new DegradedMode();
    mode.next({ level: 0, readable: false }, 0);
    expect(mode.isOn).toBe(true);
  });

  it("obeys the operator against its own judgement, and remembers that", () => {
    const mode = new DegradedMode();
    mode.obey({ mode: "ON", reason: "sale" }, 0);
    expect([mode.isOn, mode.sinceMs]).toEqual([true, 0]);
    mode.next({ level: 2, readable: true }, 1_000);
    mode.obey({ mode: "OFF", reason: "" }, 2_000);
    expect([mode.isOn, mode.sinceMs]).toEqual([false, null]);
    mode.obey({ mode: "AUTO", reason: "" }, 3_000);
    expect([mode.isOn, mode.sinceMs]).toEqual([true, 3_000]);
  });
});

describe("the last answers", () => {
  let nowMs = 0;
  const make = (sizeMax = 1_000): LastAnswers => new LastAnswers({ sizeMax, ageMaxMs: 60_000, now: () => nowMs });
  const fail = (): Promise<never> => Promise.reject(new Error("nobody answers"));

  it("serve while they are young, and afterwards only where nobody answers", async () => {
    const answers = make();
    await answers.load("lamp", async () => "old");
    expect(await answers.lastOr("lamp", fail)).toEqual({ value: "old", keptAtMs: nowMs });
    nowMs += 5_000;
    expect(await answers.lastOr("lamp", async () => "new")).toEqual({ value: "new", keptAtMs: null });
    nowMs += 5_000;
    expect(await answers.lastOr("lamp", fail)).toEqual({ value: "new", keptAtMs: nowMs - 5_000 });
    nowMs += 60_000;
    await expect(answers.lastOr("lamp", fail)).rejects.toThrow("nobody answers");
  });

  it("are asked for once by all who want the same", async () => {
    const answers = make();
    let loads = 0;
    const load = async (): Promise<number> => { loads += 1; return loads; };
    const all = await Promise.all(Array.from({ length: 100 }, () => answers.lastOr("lamp", load)));
    expect([loads, new Set(all.map(({ value }) => value))]).toEqual([1, new Set([1])]);
  });

  it("are not lost to all with the one who asked", async () => {
    const answers = make();
    const [first, second] = await Promise.allSettled([answers.lastOr("lamp", fail), answers.lastOr("lamp", async () => 2)]);
    expect([first.status, second]).toEqual(["rejected", { status: "fulfilled", value: { value: 2, keptAtMs: null } }]);
  });

  it("take only so much room", async () => {
    const answers = make(1_000);
    for (let number = 0; number < 200; number += 1) await answers.load(`p${String(number)}`, async () => "x".repeat(50));
    await answers.load("huge", async () => "x".repeat(500));
    expect(answers.size).toBeLessThanOrEqual(1_000);
    await expect(answers.lastOr("p0", fail)).rejects.toThrow();
    await expect(answers.lastOr("huge", fail)).rejects.toThrow();
    expect(await answers.lastOr("p199", fail)).toMatchObject({ value: "x".repeat(50) });
  });
});
