import { describe, expect, it } from "@jest/globals";
import { restMs } from "../../src/platform/jobs/yield-to-orders.js";

describe("a worker's rest after a batch", () => {
  it("is none while the processors are free", () => {
    expect(restMs({ share: 1, tookMs: 100, waitedMs: 0 })).toBe(0);
    expect(restMs({ share: 0.7, tookMs: 100, waitedMs: 0 })).toBe(0);
  });

  it("is four times the work while others are pressed, and a second at most", () => {
    expect(restMs({ share: 0.4, tookMs: 50, waitedMs: 0 })).toBe(200);
    expect(restMs({ share: 0.4, tookMs: 900, waitedMs: 0 })).toBe(1_000);
  });

  it("gets shorter the longer jobs have waited, and is none after a minute", () => {
    expect(restMs({ share: 0.4, tookMs: 50, waitedMs: 30_000 })).toBe(100);
    expect(restMs({ share: 0.4, tookMs: 50, waitedMs: 60_000 })).toBe(0);
    expect(restMs({ share: 0.4, tookMs: 50, waitedMs: 600_000 })).toBe(0);
  });
});
