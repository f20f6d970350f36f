import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import type { Limit } from "./limits.js";
import type { SharedCounters } from "./shared-counters.js";

/** What a limit said when points were taken. */
export interface Count {
  readonly limit: Limit;
  readonly allowed: boolean;
  readonly remaining: number;
  /** Until the window ends. */
  readonly leftMs: number;
  /** Milliseconds since 1970. */
  readonly endsAt: number;
  /** Of the counters that it was taken from. */
  readonly era: number;
}

/** Keys whose last count is remembered; a forgotten one has to wait for its next. */
const rememberedMax = 10_000;
/** A refund on its way while the window ends would be given to the next one. */
const refundMarginMs = 100;

export interface CounterOptions {
  /** Null: this process counts alone. */
  readonly shared: SharedCounters | null;
  /** Processes that share the limit: without Redis each allows its part. */
  readonly processes: number;
}

/** One limit's counters: in Redis, in this process where there is none, and in this process while Redis is away. */
export class LimitCounter {
  readonly #limiter: RateLimiterRedis | RateLimiterMemory;
  readonly #shared: SharedCounters | null;
  readonly #last = new Map<string, Count>();

  constructor(readonly limit: Limit, { shared, processes }: CounterOptions) {
    const { name, level, points, windowSeconds: duration } = limit;
    this.#shared = shared;
    const keyPrefix = `millrace:limit:${name}`;
    if (!shared) {
      this.#limiter = new RateLimiterMemory({ keyPrefix, points, duration });
      return;
    }
    const part = Math.max(1, Math.floor(points / processes));
    this.#limiter = new RateLimiterRedis({
      keyPrefix, points, duration, storeClient: shared, rejectIfRedisNotReady: true,
      insuranceLimiter: new RateLimiterMemory({ keyPrefix, points: part, duration }),
      // A flood is then refused without a word to Redis. What a costly operation did not get, a cheap one may.
      ...(level === "cost" ? {} : { inMemoryBlockOnConsumed: points }),
    });
  }

  async take(key: string, points = 1): Promise<Count> {
    try {
      return this.#remember(key, this.#countOf(await this.#limiter.consume(key, points), true));
    } catch (refused) {
      if (refused instanceof RateLimiterRes) return this.#remember(key, this.#countOf(refused, false));
      throw refused;
    }
  }

  /** Whether the key had half of its limit left when it was last counted in this window. */
  hasRoom(key: string): boolean {
    const last = this.#lastOf(key);
    return last !== null && last.remaining * 2 >= this.limit.points;
  }

  /** A refusal that this process knows of without counting: nothing was left in this window. */
  knownRefusal(key: string): Count | null {
    const last = this.#lastOf(key);
    return last?.remaining === 0 ? { ...last, allowed: false, leftMs: last.endsAt - Date.now() } : null;
  }

  /** Gives points of `taken` back to the counter they came from, where its window is still open. Nobody waits for it. */
  giveBack(key: string, points: number, taken: Count): void {
    if (points <= 0 || taken.era !== this.#era || Date.now() + refundMarginMs >= taken.endsAt) return;
    this.#limiter.reward(key, points).catch(() => undefined); // lost with Redis: the window ends soon
  }

  get #era(): number {
    return this.#shared?.era ?? 0;
  }

  #countOf({ remainingPoints: remaining, msBeforeNext: leftMs }: RateLimiterRes, allowed: boolean): Count {
    return { limit: this.limit, allowed, remaining, leftMs, endsAt: Date.now() + leftMs, era: this.#era };
  }

  #lastOf(key: string): Count | null {
    const last = this.#last.get(key);
    return last && last.endsAt > Date.now() ? last : null;
  }

  #remember(key: string, count: Count): Count {
    // A cost that did not fit says nothing of a smaller one, and nobody asks.
    if (this.limit.level === "cost") return count;
    if (this.#last.size >= rememberedMax) this.#last.clear();
    this.#last.set(key, count);
    return count;
  }
}
