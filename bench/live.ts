import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { BenchApi } from "./api.js";
import { orderByBus, placeOrder } from "./bus.js";
import { closedLoad, percentile } from "./load.js";
import { compare, type BenchResult } from "./result.js";
import { customerId, type Surroundings } from "./surroundings.js";

const liveMs = 10_000;
const projectionLoadMs = 5_000;
const callers = 200;
const tickMs = 10;

/** Commit (the bus has answered) to the pointer's arrival at a listener of the order's own channel. */
export async function benchLive(surroundings: Surroundings, api: BenchApi): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const rate of [100, 500]) {
    const latencies = await pushesAt(surroundings, api, rate);
    const [p50Ms, p99Ms] = [percentile(latencies, 0.5), percentile(latencies, 0.99)];
    results.push(compare(`live-push-${String(rate)}`, "ms", { value: p99Ms, p50Ms, p99Ms }, null, `p99 from commit to live push at ${String(rate)} orders/s; ${String(latencies.length)} pushes`));
  }
  results.push(await projectionRate(surroundings, api));
  return results;
}

/** Places orders at an even rate, each of a cold product of its own, and listens on `orders`, where each is announced. */
async function pushesAt({ write: { bus }, deployment }: Surroundings, { live }: BenchApi, rate: number): Promise<number[]> {
  const node = deployment.nodes[0]?.name ?? "";
  const committed = new Map<string, number>();
  const heard = new Map<string, number>();
  const end = await live.subscribe(node, "orders", ({ position }) => { heard.set(position, performance.now()); });
  const pending: Promise<void>[] = [];
  const startedMs = performance.now();
  for (let placed = 0; performance.now() - startedMs < liveMs; await delay(tickMs)) {
    for (const due = ((performance.now() - startedMs) * rate) / 1_000; placed < due; placed += 1) {
      pending.push(bus.execute(placeOrder, { customerId, lines: [{ sku: `COLD-${String(placed % 200)}`, quantity: 1 }] }, {
        actor: { role: "customer", id: customerId }, idempotencyKey: randomUUID(),
      }).then(({ position }) => { committed.set(position, performance.now()); }));
    }
  }
  await Promise.all(pending);
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline && [...committed.keys()].some((position) => !heard.has(position))) await delay(tickMs);
  end();
  // A batch's answers share its last position: one push is measured for each transaction.
  const latencies = [...committed].flatMap(([position, atMs]) => {
    const heardAt = heard.get(position);
    return heardAt === undefined ? [] : [Math.max(0, heardAt - atMs)];
  });
  if (latencies.length < committed.size) throw new Error(`${String(committed.size - latencies.length)} of ${String(committed.size)} pushes never came`);
  return latencies.sort((a, b) => a - b);
}

/** How fast the projector folds while the bus appends as fast as it can. */
async function projectionRate(surroundings: Surroundings, { process }: BenchApi): Promise<BenchResult> {
  const { servers } = surroundings;
  const [readNode] = process.readNodes;
  if (!readNode) throw new Error("there is no read node");
  const primary = new pg.Client(servers.primary.adminUrl);
  await primary.connect();
  const head = async (): Promise<number> => Number((await primary.query<{ head: string }>("SELECT max(position) AS head FROM event_log")).rows[0]?.head ?? 0);
  await readNode.reached(String(await head()), ["order_card"], 60_000);
  const before = await head();
  const startedMs = performance.now();
  const appended = await closedLoad(callers, projectionLoadMs, orderByBus(surroundings));
  const last = await head();
  const events = last - before;
  if (!await readNode.reached(String(last), ["order_card"], 120_000)) throw new Error("the projector did not catch up");
  const elapsedMs = performance.now() - startedMs;
  await primary.end();
  return compare("projection-rate", "events/s", { value: (events * 1_000) / elapsedMs }, appended.perSecond,
    `events appended meanwhile at 200 callers; all ${String(events)} were projected ${((elapsedMs - projectionLoadMs) / 1_000).toFixed(1)} s after the load's end`);
}
