import { describe, expect, it } from "@jest/globals";
import { parse } from "graphql";
import { DocumentCache } from "../../src/platform/http/document-cache.js";

describe("the cache of documents", () => {
  const text = (number: number, length = 20): string => `{ a${String(number)} } #${"x".repeat(length)}`;

  it("keeps a bounded number, and those longest that are asked for", () => {
    const cache = new DocumentCache();
    for (let number = 0; number < 1_500; number += 1) {
      cache.keep(text(number), parse(text(number)));
      cache.find(text(0));
    }
    const kept = Array.from({ length: 1_500 }, (_, number) => number).filter((number) => cache.find(text(number)));
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([1_000, 0, 1_499]);
  });

  it("keeps a bounded amount of text, and no giant at all", () => {
    const cache = new DocumentCache();
    for (let number = 0; number < 100; number += 1) cache.keep(text(number, 30_000), parse(text(number, 30_000)));
    const kept = Array.from({ length: 100 }, (_, number) => number).filter((number) => cache.find(text(number, 30_000)));
    expect([kept.length, kept.at(-1)]).toEqual([33, 99]);
    cache.keep(text(0, 40_000), parse(text(0, 40_000)));
    expect(cache.find(text(0, 40_000))).toBeUndefined();
  });
});
