import { RedisPubSub, type PubSubRedisOptions } from "graphql-redis-subscriptions";
import { Redis } from "ioredis";
import type { Logger } from "../log/logger.js";
import { channelName } from "./in-process-live.js";
import type { LivePort, Pointer } from "./live-port.js";

type Listener = (pointer: Pointer) => void;

/** Local subscribers of one channel share one subscription at Redis. */
interface Channel {
  readonly listeners: Set<Listener>;
  readonly subscription: Promise<number>;
}

/** Pointers on their way to Redis; what comes above this is dropped, since a lost pointer costs only freshness. */
const inFlightMax = 10_000;
/** A subscription is handed out after this long even if Redis has not confirmed it; the gap at its return tells. */
const confirmWithinMs = 1_000;
/** Its answer tells that the subscriptions before it are in force again. */
const returnChannel = "millrace:returned";

export interface RedisLiveOptions {
  readonly url: string;
  readonly logger: Logger;
}

/** Carries pointers between processes. While Redis is down it neither fails nor keeps anything. */
export class RedisLive implements LivePort {
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  readonly #pubsub: RedisPubSub;
  readonly #channels = new Map<string, Channel>();
  readonly #gapListeners = new Set<() => void>();
  #inFlight = 0;
  #dropped = 0;
  #down = false;

  constructor(private readonly options: RedisLiveOptions) {
    const retryStrategy = (attempt: number): number => Math.min(100 * 2 ** Math.min(attempt, 6), 2_000);
    // Without an offline queue a publication fails at once while Redis is away.
    this.#publisher = new Redis(options.url, { enableOfflineQueue: false, maxRetriesPerRequest: 0, retryStrategy, connectTimeout: 2_000 });
    // Subscriptions may wait: there are only as many as there are channels.
    this.#subscriber = new Redis(options.url, { maxRetriesPerRequest: null, autoResubscribe: true, retryStrategy, connectTimeout: 2_000 });
    for (const client of [this.#publisher, this.#subscriber]) client.on("error", (error: Error) => { this.#lost(error); });
    let wasReady = false;
    this.#subscriber.on("ready", () => {
      // ioredis sends the old subscriptions right after this event; ours is queued behind them.
      if (wasReady) setImmediate(() => void this.#tellGap());
      wasReady = true;
    });
    // The library brings its own, older types of ioredis; at run time it uses only publish and subscribe.
    const clients = { publisher: this.#publisher, subscriber: this.#subscriber } as unknown as PubSubRedisOptions;
    this.#pubsub = new RedisPubSub(clients);
  }

  async publish(node: string, pointers: readonly Pointer[]): Promise<void> {
    if (this.#publisher.status !== "ready" || this.#inFlight + pointers.length > inFlightMax) {
      this.#dropped += pointers.length;
      return;
    }
    this.#inFlight += pointers.length;
    const sent = pointers.map((pointer) => this.#pubsub.publish(channelName(node, pointer.channel), pointer));
    const results = await Promise.allSettled(sent);
    this.#inFlight -= pointers.length;
    this.#dropped += results.filter(({ status }) => status === "rejected").length;
  }

  /** Pointers that Redis did not take. */
  get dropped(): number {
    return this.#dropped;
  }

  async subscribe(node: string, channel: string, onPointer: Listener): Promise<() => void> {
    const name = channelName(node, channel);
    const shared = this.#channels.get(name) ?? this.#open(name);
    const listener: Listener = (pointer) => { onPointer(pointer); };
    shared.listeners.add(listener);
    await Promise.race([shared.subscription.catch(() => undefined), afterMs(confirmWithinMs)]);
    return () => {
      if (!shared.listeners.delete(listener) || shared.listeners.size > 0) return;
      if (this.#channels.get(name) === shared) this.#channels.delete(name);
      shared.subscription.then((id) => { this.#pubsub.unsubscribe(id); }).catch(() => undefined); // was never in force
    };
  }

  onGap(listener: () => void): () => void {
    this.#gapListeners.add(listener);
    return () => { this.#gapListeners.delete(listener); };
  }

  async close(): Promise<void> {
    this.#channels.clear();
    this.#gapListeners.clear();
    this.#publisher.disconnect();
    this.#subscriber.disconnect();
  }

  #open(name: string): Channel {
    const listeners = new Set<Listener>();
    const subscription = this.#pubsub.subscribe<Pointer>(name, (pointer) => {
      for (const listener of listeners) listener(pointer);
    });
    subscription.catch(() => undefined); // told to those who wait for it
    const channel = { listeners, subscription };
    this.#channels.set(name, channel);
    return channel;
  }

  async #tellGap(): Promise<void> {
    try {
      await this.#subscriber.subscribe(returnChannel);
    } catch {
      return; // lost again: the next return tells
    }
    this.#down = false;
    this.options.logger.info({ dropped: this.#dropped }, "Redis is back; live rows are read again");
    for (const listener of this.#gapListeners) listener();
  }

  /** One line an outage, not one a retry. */
  #lost(error: Error): void {
    if (this.#down) return;
    this.#down = true;
    this.options.logger.warn({ err: error }, "Redis does not answer; live updates come late until it is back");
  }
}

function afterMs(ms: number): Promise<void> {
  return new Promise((resolve) => { setTimeout(resolve, ms).unref(); });
}
