import { setTimeout as delay } from "node:timers/promises";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import type { OrderTracker } from "./order-tracker.js";

interface LivePage {
  readonly cursor: string;
  readonly gap: boolean;
  readonly orders: readonly { readonly id: string; readonly status: string }[];
}

const document = "subscription ReplayFollows($after: String) { liveOrders(after: $after) { cursor gap orders { id status } } }";
const reconnectMs = 500;
/** A socket on which nothing answers for so long is taken for dead. */
const silenceMs = 20_000;

/** What the shop's live feed tells, until it is closed: over every break it goes on from the cursor it saw last. */
export class LiveOrders {
  /** How often the feed was taken up again, and how often something may have been missed meanwhile. */
  reconnects = 0;
  gaps = 0;
  readonly #stop = new AbortController();
  readonly #following: Promise<void>;
  #after: string | null = null;
  #connected = false;

  constructor(url: string, token: string, tracker: OrderTracker) {
    this.#following = this.#follow(url.replace(/^http/, "ws").concat("/graphql"), token, tracker);
  }

  /** Whether the feed tells at the moment; where it does not, somebody has to ask. */
  get connected(): boolean { return this.#connected; }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }

  async #follow(url: string, token: string, tracker: OrderTracker): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const client = createClient({
        url, webSocketImpl: WebSocket, retryAttempts: 0, keepAlive: silenceMs, connectionAckWaitTimeout: silenceMs,
        connectionParams: { authorization: `Bearer ${token}` }, onNonLazyError: () => undefined,
      });
      const hangUp = (): void => { void client.dispose(); };
      signal.addEventListener("abort", hangUp, { once: true });
      try {
        for await (const { data } of client.iterate<{ liveOrders: LivePage }>({ query: document, variables: { after: this.#after } })) {
          this.#connected = true;
          if (data) this.#take(data.liveOrders, tracker);
        }
      } catch {
        // Whatever it was, the sweep does not depend on it, and the feed is taken up again.
      } finally {
        this.#connected = false;
        signal.removeEventListener("abort", hangUp);
        hangUp();
      }
      if (isAborted(signal)) return;
      this.reconnects += 1;
      await delay(reconnectMs, undefined, { signal }).catch(() => undefined);
    }
  }

  #take({ cursor, gap, orders }: LivePage, tracker: OrderTracker): void {
    this.#after = cursor;
    if (gap) this.gaps += 1;
    for (const { id, status } of orders) tracker.tell(id, status);
  }
}

/** A function of its own: the compiler does not see that an abort comes from outside. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
