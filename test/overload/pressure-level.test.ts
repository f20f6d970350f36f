import { beforeEach, describe, expect, it } from "@jest/globals";
import { PressureLevel, type Pressure } from "../../src/platform/overload/pressure-level.js";

const calm: Pressure = { delayMs: 5, laneFill: 0, inFlight: 0 };

describe("the level of pressure", () => {
  let nowMs: number;
  let level: PressureLevel;
  beforeEach(() => {
    nowMs = 0;
    level = new PressureLevel({ delayMs: 100 });
  });

  const sample = (measured: Partial<Pressure>): number => level.next({ ...calm, ...measured }, nowMs += 250);
  const samples = (count: number, measured: Partial<Pressure>): number[] => Array.from({ length: count }, () => sample(measured));

  it("rises at once with the orders that wait, and with the requests at work", () => {
    expect(sample({ laneFill: 0.25 })).toBe(1);
    expect(sample({ laneFill: 0.6 })).toBe(2);
    level = new PressureLevel({ delayMs: 100 });
    expect([sample({ inFlight: 0.5 }), sample({ inFlight: 0.8 })]).toEqual([1, 2]);
  });

  it("takes one late turn of the event loop for chance", () => {
    expect([sample({}), sample({ delayMs: 2_000 }), sample({}), sample({ delayMs: 2_000 }), sample({})]).toEqual([0, 0, 0, 2, 2]);
    level = new PressureLevel({ delayMs: 100 });
    expect(samples(3, { delayMs: 150 })).toEqual([1, 1, 1]);
    expect(samples(2, { delayMs: 200 }).at(-1)).toBe(2);
  });

  it("falls step by step, when it has been calm for a while", () => {
    sample({ laneFill: 0.9 });
    expect(samples(8, {})).toEqual([2, 2, 2, 2, 2, 2, 2, 2]);
    expect(samples(8, {})).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
    expect(sample({})).toBe(0);
  });

  it("stays while it is just below where it began", () => {
    sample({ laneFill: 0.25 });
    expect(new Set(samples(50, { laneFill: 0.18 }))).toEqual(new Set([1]));
    samples(7, {});
    sample({ laneFill: 0.2 });
    expect(samples(8, {}).at(-1)).toBe(1);
  });
});
