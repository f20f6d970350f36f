import { randomUUID } from "node:crypto";
import { placeOrderWith } from "../src/commands/orders/place-order.js";
import { byHand } from "./by-hand.js";
import { closedLoad, medianOf, type LoadResult } from "./load.js";
import { compare, type BenchResult } from "./result.js";
import { customerId, hotSku, type Surroundings } from "./surroundings.js";

const roundMs = 4_000;
const warmUpMs = 1_000;
const rounds = 3;
/** By hand does best with few connections, because of the hot row; the best of these is taken. */
const handPools = [2, 4, 8, 16];

export const placeOrder = placeOrderWith({ currency: "EUR", baseMinor: 490, perKilogramMinor: 50, taxBasisPoints: 0 });

/** One order of the hot product by the bus alone. */
export function orderByBus({ write: { bus } }: Surroundings): () => Promise<void> {
  return async () => {
    const { refusal } = await bus.execute(placeOrder, { customerId, lines: [{ sku: hotSku, quantity: 1 }] }, {
      actor: { role: "customer", id: customerId }, idempotencyKey: randomUUID(),
    });
    if (refusal) throw new Error(refusal.message);
  };
}

/** The rate by hand with a pool as large as there are callers. */
export async function handAt(surroundings: Surroundings, callers: number, poolSize = callers, durationMs = roundMs): Promise<LoadResult> {
  const hand = await byHand(surroundings.servers.primary.adminUrl, poolSize);
  await closedLoad(callers, warmUpMs, () => hand.placeOrder());
  const result = await closedLoad(callers, durationMs, () => hand.placeOrder());
  await hand.close();
  return result;
}

export async function benchBus(surroundings: Surroundings): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  const place = orderByBus(surroundings);
  for (const callers of [32, 200]) {
    const [bus, hand]: [LoadResult[], LoadResult[]] = [[], []];
    for (let round = 0; round < rounds; round += 1) {
      hand.push(await handAt(surroundings, callers));
      await closedLoad(callers, warmUpMs, place);
      bus.push(await closedLoad(callers, roundMs, place));
    }
    const [ours, theirs] = [medianOf(bus), medianOf(hand)];
    const measured = { value: ours.perSecond, p50Ms: ours.p50Ms, p99Ms: ours.p99Ms };
    results.push(compare(`bus-hot-${String(callers)}`, "orders/s", measured, theirs.perSecond,
      `by hand, ${String(callers)} connections: p50 ${theirs.p50Ms.toFixed(1)} ms, p99 ${theirs.p99Ms.toFixed(1)} ms`));
    const best = await bestHand(surroundings, callers);
    results.push(compare(`bus-hot-${String(callers)}-best-pool`, "orders/s", measured, best.result.perSecond,
      `by hand at its best pool: ${String(best.poolSize)} connections, p99 ${best.result.p99Ms.toFixed(1)} ms`));
  }
  return results;
}

async function bestHand(surroundings: Surroundings, callers: number): Promise<{ poolSize: number; result: LoadResult }> {
  let best: { poolSize: number; result: LoadResult } | null = null;
  for (const poolSize of handPools) {
    const result = await handAt(surroundings, callers, poolSize, roundMs / 2);
    if (!best || result.perSecond > best.result.perSecond) best = { poolSize, result };
  }
  if (!best) throw new Error("no pool was tried");
  return best;
}
