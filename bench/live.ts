import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { createClient } from "graphql-ws";
import pg from "pg";
import { WebSocket } from "ws";
import type { BenchApi } from "./api.js";
import { orderByBus, placeOrder } from "./bus.js";
import { closedLoad, percentile } from "./load.js";
import { compare, type BenchResult } from "./result.js";
import { customerId, type Surroundings } from "./surroundings.js";

const liveMs = 10_000;
const projectionLoadMs = 5_000;
const callers = 200;
const catchUpMs = 120_000;
const tickMs = 10;

/** Commit (the bus has answered) to the order's arrival at an operator's WebSocket that watches `liveOrders`. */
export async function benchLive(surroundings: Surroundings, api: BenchApi): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  await caughtUp(surroundings, api);
  for (const rate of [100, 500]) {
    const latencies = await pushesAt(surroundings, api, rate);
    const [p50Ms, p99Ms] = [percentile(latencies, 0.5), percentile(latencies, 0.99)];
    results.push(compare(`live-push-${String(rate)}`, "ms", { value: p99Ms, p50Ms, p99Ms }, null,
      `p99 from commit to message on a WebSocket (liveOrders) at ${String(rate)} orders/s; ${String(latencies.length)} orders`));
  }
  results.push(await projectionRate(surroundings, api));
  return results;
}

/** Places orders at an even rate, each of a cold product, while a client watches them come in. */
async function pushesAt({ write: { bus } }: Surroundings, { url, operatorToken }: BenchApi, rate: number): Promise<number[]> {
  const committed = new Map<string, number>();
  const heard = new Map<string, number>();
  const client = createClient({ url: url.replace("http", "ws"), webSocketImpl: WebSocket, connectionParams: { authorization: `Bearer ${operatorToken}` } });
  const ready = Promise.withResolvers<undefined>();
  const end = client.subscribe<{ liveOrders: { orders: { id: string }[] } }>({ query: "subscription { liveOrders { kind cursor orders { id status } } }" }, {
    next: ({ data }) => {
      ready.resolve(undefined);
      for (const { id } of data?.liveOrders.orders ?? []) if (!heard.has(id)) heard.set(id, performance.now());
    },
    error: (error) => { ready.reject(new Error("the subscription failed", { cause: error })); },
    complete: () => undefined,
  });
  await ready.promise;
  const pending: Promise<void>[] = [];
  const startedMs = performance.now();
  let placed = 0;
  while (performance.now() - startedMs < liveMs) {
    for (const due = ((performance.now() - startedMs) * rate) / 1_000; placed < due; placed += 1) {
      pending.push(bus.execute(placeOrder, { customerId, lines: [{ sku: `COLD-${String(placed % 200)}`, quantity: 1 }] }, {
        actor: { role: "customer", id: customerId }, idempotencyKey: randomUUID(),
      }).then(({ commandId }) => { committed.set(`order_${commandId}`, performance.now()); }));
    }
    await delay(tickMs);
  }
  await Promise.all(pending);
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline && [...committed.keys()].some((id) => !heard.has(id))) await delay(tickMs);
  end();
  await client.dispose();
  const latencies = [...committed].flatMap(([id, atMs]) => {
    const heardAt = heard.get(id);
    return heardAt === undefined ? [] : [Math.max(0, heardAt - atMs)];
  });
  if (latencies.length < committed.size) throw new Error(`${String(committed.size - latencies.length)} of ${String(committed.size)} orders were never pushed`);
  return latencies.sort((a, b) => a - b);
}

async function headOf({ servers }: Surroundings): Promise<number> {
  const primary = new pg.Client(servers.primary.adminUrl);
  await primary.connect();
  const { rows } = await primary.query<{ head: string | null }>("SELECT max(position) AS head FROM event_log");
  await primary.end();
  return Number(rows[0]?.head ?? 0);
}

async function caughtUp(surroundings: Surroundings, { process: { readNodes: [readNode] } }: BenchApi): Promise<void> {
  if (!readNode || !await readNode.reached(String(await headOf(surroundings)), ["order_card"], catchUpMs)) throw new Error("the projector did not catch up");
}

/** How fast the projector folds while the bus appends as fast as it can. */
async function projectionRate(surroundings: Surroundings, api: BenchApi): Promise<BenchResult> {
  await caughtUp(surroundings, api);
  const before = await headOf(surroundings);
  const startedMs = performance.now();
  const appended = await closedLoad(callers, projectionLoadMs, orderByBus(surroundings));
  const events = await headOf(surroundings) - before;
  await caughtUp(surroundings, api);
  const elapsedMs = performance.now() - startedMs;
  return compare("projection-rate", "events/s", { value: (events * 1_000) / elapsedMs }, appended.perSecond,
    `events appended meanwhile at 200 callers; all ${String(events)} were projected ${((elapsedMs - projectionLoadMs) / 1_000).toFixed(1)} s after the load's end`);
}
