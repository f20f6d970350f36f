import { describe, expect, it } from "@jest/globals";
import { spacingMs } from "../../src/platform/jobs/yield-to-orders.js";

describe("how far apart a worker's batches begin", () => {
  it("at once while the processors are free", () => {
    expect(spacingMs({ share: 1, batchMs: 100, waitedMs: 0 })).toBe(0);
    expect(spacingMs({ share: 0.9, batchMs: 100, waitedMs: 0 })).toBe(0);
  });

  it("twenty times what a batch takes while others are pressed, and three seconds at most", () => {
    expect(spacingMs({ share: 0.4, batchMs: 50, waitedMs: 0 })).toBe(1_000);
    expect(spacingMs({ share: 0.4, batchMs: 900, waitedMs: 0 })).toBe(3_000);
  });

  it("closer the longer jobs have waited, and at once after a minute", () => {
    expect(spacingMs({ share: 0.4, batchMs: 50, waitedMs: 30_000 })).toBe(500);
    expect(spacingMs({ share: 0.4, batchMs: 50, waitedMs: 60_000 })).toBe(0);
    expect(spacingMs({ share: 0.4, batchMs: 50, waitedMs: 600_000 })).toBe(0);
  });
});
