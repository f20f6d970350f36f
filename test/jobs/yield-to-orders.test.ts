import { describe, expect, it } from "@jest/globals";
import { spacingMs, YieldToOrders } from "../../src/platform/jobs/yield-to-orders.js";

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

describe("a worker's turns on a machine that it does not get for itself", () => {
  const never = new AbortController().signal;
  /** Told apart by how often it was asked; `onLook` may end what the turn waits for. */
  function pressed(onLook: (looks: number, state: { isRush: boolean; idle: number }) => void): { readonly turns: YieldToOrders; readonly state: { isRush: boolean; idle: number }; looks(): number } {
    const state = { isRush: true, idle: 0 };
    let looks = 0;
    const idle = { get now() { looks += 1; onLook(looks, state); return state.idle; } };
    return { turns: new YieldToOrders(state, { now: 0.4 }, idle), state, looks: () => looks };
  }
  async function twoBatches(turns: YieldToOrders): Promise<void> {
    await turns.turn(0, never);
    for (let until = performance.now() + 400; performance.now() < until;); // what a batch takes
    await turns.turn(0, never);
    await turns.turn(0, never);
  }

  it("waits in a rush until the rush is over", async () => {
    const { turns, looks } = pressed((count, state) => { state.isRush = count < 3; });
    await twoBatches(turns);
    expect(looks()).toBe(3);
  });

  it("waits in a rush until a fifth of the processors is idle", async () => {
    const { turns, looks } = pressed((count, state) => { state.idle = count < 3 ? 0.19 : 0.2; });
    await twoBatches(turns);
    expect(looks()).toBe(3);
  });

  it("does not wait where no orders rush in, however little it gets", async () => {
    const { turns, state, looks } = pressed(() => undefined);
    state.isRush = false;
    await twoBatches(turns);
    expect(looks()).toBe(0);
  });
});
