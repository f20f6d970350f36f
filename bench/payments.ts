import { setTimeout as delay } from "node:timers/promises";
import { compare, type BenchResult } from "./result.js";
import { readOptions } from "./sale/options.js";
import { SaleRun } from "./sale/sale-run.js";
import { openShop, type Shop } from "./sale/shop.js";

const rounds = 3;
const callers = 200;
/** A worker that has just started compiles its code while it works off what waits; a shop's has run for days. */
const workerWarmUpMs = 8_000;
/** Of the rate without payments. */
const aim = 0.85;

/**
 * What taking the money costs the taking of orders: the same shop with and without its worker, round by round. With it
 * every order is charged at the provider, which runs on the same cores, told by webhook, and given to a courier.
 */
export async function benchPayments(): Promise<BenchResult[]> {
  const options = readOptions(["--buyers", "1000", "--capacity", "6", "sale"]);
  const shop = await openShop(options);
  try {
    const run = new SaleRun(shop, options);
    const rates: Record<"on" | "off", number[]> = { on: [], off: [] };
    const latencies: { readonly p50Ms: number; readonly p99Ms: number }[] = [];
    let [orders, charged] = [0, 0];
    await run.closed(shop.target, callers); // so that neither way is the first that the compiler sees
    for (let round = 0; round < rounds; round += 1) {
      if (round > 0) await shop.startWorker();
      await delay(workerWarmUpMs);
      const before = await countCharges(shop);
      const on = await run.closed(shop.target, callers);
      rates.on.push(on.perSecond);
      latencies.push({ p50Ms: on.p50Ms, p99Ms: on.p99Ms });
      charged += await countCharges(shop) - before;
      orders += on.orderIds.length;
      await shop.stopWorker();
      rates.off.push((await run.closed(shop.target, callers)).perSecond);
    }
    const { p50Ms, p99Ms } = latencies.sort((a, b) => a.p99Ms - b.p99Ms)[Math.floor(rounds / 2)] ?? { p50Ms: 0, p99Ms: 0 };
    const [on, off] = [median(rates.on), median(rates.off)];
    const verdict = on / off >= aim ? "pass" : "MISS";
    return [compare("payments-on-200", "orders/s", { value: on, p50Ms, p99Ms }, off,
      `the same shop without its worker; aim >= ${String(aim)}: ${verdict}; ${String(charged)} of ${String(orders)} orders charged while they came in, the rest waits for its turn`)];
  } finally {
    await shop.close();
  }
}

async function countCharges({ surroundings: { write } }: Shop): Promise<number> {
  const { rows } = await write.pool.query<{ charges: number }>("SELECT count(*)::int AS charges FROM event_log WHERE type = 'PaymentCaptured'");
  return rows[0]?.charges ?? 0;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
