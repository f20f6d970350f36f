import { describe, expect, it } from "@jest/globals";
import { spacingMs } from "../../src/platform/jobs/yield-to-orders.js";

describe("how far apart a worker's batches begin", () => {
  it("at once while the processors are free", () => {
    expect(spacingMs({ share: 1, batchMs: 100, waitedMs: 0 })).toBe(0);
    expect(spacingMs({ share: 0.9, batchMs: 100, waitedMs: 0 })).toBe(0);
  });

  it("thirty times what a batch takes while others are pressed, and eight seconds at most", () => {
    expect(spacingMs({ share: 0.4, batchMs: 50, waitedMs: 0 })).toBe(1_500);
    expect(spacingMs({ share: 0.4, batchMs: 900, waitedMs: 0 })).toBe(8_000);
  });

  it("closer the longer jobs have waited, and at once after five minutes", () => {
    expect(spacingMs({ share: 0.4, batchMs: 50, waitedMs: 150_000 })).toBe(750);
    expect(spacingMs({ share: 0.4, batchMs: 50, waitedMs: 300_000 })).toBe(0);
    expect(spacingMs({ share: 0.4, batchMs: 50, waitedMs: 600_000 })).toBe(0);
  });
});
