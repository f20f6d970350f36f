import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { adjacent, any, Hall, named, unitsOf, wordsOf } from "./hall.js";
import { failureOf, type TestBus } from "../bus/shop.js";

let hall: Hall;
/** Two processes. */
let buses: readonly [TestBus, TestBus];
beforeAll(async () => {
  hall = await Hall.open();
  buses = [hall.shop.process(), hall.shop.process()];
});
afterAll(() => hall.close());

const busOf = (nth: number): TestBus => buses[nth % 2 === 0 ? 0 : 1];
const many = (count: number): number[] => Array.from({ length: count }, (_, nth) => nth);

describe("a thousand callers for one seat, through two processes", () => {
  it("one of them has it, and all others hear that it is taken", async () => {
    await hall.furnish("ONE", { A: 1 });
    const outcomes = await Promise.all(many(1_000).map((nth) => hall.reserve([named("ONE", "A-1")], { bus: busOf(nth), holder: `customer:${String(nth)}` })));
    expect(wordsOf(outcomes)).toEqual({ RESERVED: 1, UNIT_TAKEN: 999 });
    expect(await hall.seat("ONE", "A-1")).toMatchObject({ state: "held", version: 2, reservationId: outcomes.find(({ refusal }) => !refusal)?.commandId });
  });
});

describe("two hundred buyers who want two seats side by side, of a hundred", () => {
  it("have two each until no two are left side by side, and all others hear so", async () => {
    await hall.furnish("PAIRS", { A: 20, B: 20, C: 20, D: 20, E: 20 });
    const outcomes = await Promise.all(many(200).map((nth) => hall.insist([adjacent("PAIRS", 2)], busOf(nth), `pair-${String(nth)}`)));
    const { RESERVED: reserved = 0, NOT_ENOUGH_UNITS: none = 0, NOT_ADJACENT: single = 0 } = wordsOf(outcomes);
    expect(reserved + none + single).toBe(200);
    const pairs = outcomes.filter(({ refusal }) => !refusal).map(unitsOf);
    expect(new Set(pairs.flat()).size).toBe(2 * reserved);
    for (const [one = "", other = ""] of pairs) {
      expect([one[0], Number(one.slice(2)) + 1]).toEqual([other[0], Number(other.slice(2))]);
    }
    // Two processes that choose at one moment may leave single seats between their pairs, and never a pair.
    const free = (await hall.seats("PAIRS")).filter(({ state }) => state !== "held").map(({ unitId }) => unitId);
    expect(free).toHaveLength(100 - 2 * reserved);
    expect(free.filter((seat) => free.includes(`${seat.slice(0, 2)}${String(Number(seat.slice(2)) + 1)}`))).toEqual([]);
    expect((await hall.seats("PAIRS")).every(({ state, version }) => version === (state === "held" ? 2 : 1))).toBe(true);
  });
});

describe("many who want any seats", () => {
  it("have different ones, as many as there are, and nobody is told that they are gone before they are", async () => {
    await hall.furnish("ANY", { A: 30, B: 30, C: 30 });
    const outcomes = await Promise.all(many(60).map((nth) => hall.insist([any("ANY", 2)], busOf(nth), `any-${String(nth)}`)));
    expect(wordsOf(outcomes)).toEqual({ RESERVED: 45, NOT_ENOUGH_UNITS: 15 });
    expect(new Set(outcomes.flatMap(unitsOf)).size).toBe(90);
  });

  it("and others who name some of them, never have one in common", async () => {
    await hall.furnish("BOTH", { A: 40 });
    const outcomes = await Promise.all(many(60).map((nth) => hall.insist(
      [nth % 3 === 0 ? named("BOTH", `A-${String(nth % 40 + 1)}`, `A-${String((nth + 7) % 40 + 1)}`) : any("BOTH", 1)], busOf(nth), `both-${String(nth)}`)));
    const taken = outcomes.flatMap(unitsOf);
    expect(new Set(taken).size).toBe(taken.length);
    expect((await hall.seats("BOTH")).filter(({ state }) => state === "held").map(({ unitId }) => unitId).sort()).toEqual([...taken].sort());
  });
});

describe("while somebody is paused who holds a seat", () => {
  it("whoever wants any has others at once, whoever names it may come again, and nobody hears that it is sold", async () => {
    await hall.furnish("PAUSED", { A: 4 });
    const patient = hall.shop.process({}, { lockTimeoutMs: 300 });
    const paused = await hall.shop.pool.connect();
    try {
      await paused.query("BEGIN");
      await paused.query("SELECT FROM stock_unit WHERE id = 'PAUSED/A-1' FOR UPDATE");
      expect(unitsOf(await hall.reserve([any("PAUSED", 1)]))).toEqual(["A-2"]);
      expect(unitsOf(await hall.reserve([adjacent("PAUSED", 2)]))).toEqual(["A-3", "A-4"]);
      const before = await hall.shop.written();
      expect(await failureOf(hall.reserve([named("PAUSED", "A-1")], { bus: patient }))).toBe("UNAVAILABLE");
      expect(await failureOf(hall.reserve([any("PAUSED", 1)], { key: "last" }))).toBe("UNAVAILABLE");
      expect(await hall.shop.written()).toEqual(before);
      await paused.query("ROLLBACK");
    } finally {
      paused.release();
    }
    expect(unitsOf(await hall.reserve([any("PAUSED", 1)], { key: "last" }))).toEqual(["A-1"]);
    expect((await hall.reserve([any("PAUSED", 1)])).refusal).toMatchObject({ code: "NOT_ENOUGH_UNITS" });
    expect((await hall.reserve([adjacent("PAUSED", 2)])).refusal).toMatchObject({ code: "NOT_ENOUGH_UNITS" });
  });
});
