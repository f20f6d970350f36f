import { setTimeout as delay } from "node:timers/promises";
import type { LiveOrders } from "./live-orders.js";
import type { OrderTracker } from "./order-tracker.js";
import { Unanswered, type ShopApi } from "./shop-api.js";
import { sweep } from "./sweep.js";

export interface Following {
  readonly api: ShopApi;
  readonly live: LiveOrders;
  readonly tracker: OrderTracker;
  /** No order moves for so long: nothing more is to be expected. */
  readonly stillMs: number;
  readonly stop: AbortSignal;
}

const lookMs = 200;
/** The feed has told nothing new for so long: ask. */
const quietMs = 4_000;
/** Orders that one round asks for, the oldest first: thousands more would only slow down what they wait for. */
const sweepMax = 1_000;

/** Waits until every expected order has come to its end, or nothing moves any more. */
export async function followToTheEnd({ api, live, tracker, stillMs, stop }: Following): Promise<void> {
  const startedMs = performance.now();
  let sweptAtMs = startedMs;
  // What an earlier run placed has moved already, and the feed tells only what moves.
  const unseen = [...tracker.pending].filter((orderId) => tracker.statusOf(orderId) === null);
  if (!stop.aborted) await ask(api, tracker, unseen, startedMs + stillMs);
  while (tracker.pending.size > 0 && !stop.aborted) {
    const nowMs = performance.now();
    if (nowMs - Math.max(tracker.movedAtMs, startedMs) > stillMs) break;
    const quiet = !live.connected || nowMs - tracker.movedAtMs > quietMs;
    if (quiet && nowMs - sweptAtMs > quietMs) {
      sweptAtMs = nowMs;
      await ask(api, tracker, [...tracker.pending].slice(0, sweepMax), nowMs + quietMs * 2);
    }
    await delay(lookMs, undefined, { signal: stop }).catch(() => undefined);
  }
  if (!stop.aborted) await ask(api, tracker, [...tracker.pending], performance.now() + stillMs);
}

/** A shop that does not answer now is asked again in the next round. */
async function ask(api: ShopApi, tracker: OrderTracker, orderIds: readonly string[], giveUpAtMs: number): Promise<void> {
  try {
    await sweep(api, tracker, orderIds, { giveUpAtMs });
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
  }
}
