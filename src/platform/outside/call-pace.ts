import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";

export interface CallPaceOptions {
  readonly party: string;
  readonly callsPerSecond: number;
  /** Longest wait for a turn; who would have to wait longer is sent away. */
  readonly waitMaxMs: number;
  /** Where several processes keep to the limit together. Each keeps to it alone while Redis is away. */
  readonly redisUrl: string | undefined;
}

/** Apart from the wait itself, so that those who wait for the same window do not come at once. */
const jitterMs = 50;

/**
 * So many calls a second, one after the other at even distances in a process, since whole seconds begin anywhere on the other
 * side's clock; and so many in all processes together.
 */
export class CallPace {
  readonly #options: CallPaceOptions;
  readonly #redis: Redis | null;
  readonly #shared: RateLimiterRedis | null;
  #nextTurnMs = 0;

  constructor(options: CallPaceOptions) {
    this.#options = options;
    const { party, callsPerSecond: points, redisUrl } = options;
    this.#redis = redisUrl === undefined ? null : new Redis(redisUrl, { enableOfflineQueue: false, maxRetriesPerRequest: 0, connectTimeout: 2_000, commandTimeout: 500 });
    // The limiter turns to its insurance; the worker's health tells of Redis.
    this.#redis?.on("error", () => undefined);
    this.#shared = this.#redis && new RateLimiterRedis({
      storeClient: this.#redis, keyPrefix: "millrace:outside", points, duration: 1, rejectIfRedisNotReady: true,
      insuranceLimiter: new RateLimiterMemory({ keyPrefix: party, points, duration: 1 }),
    });
  }

  /** Waits for its turn. @returns milliseconds until one might be free where that is too long to wait for, otherwise 0 */
  async turn(): Promise<number> {
    const nowMs = performance.now();
    const turnMs = Math.max(nowMs, this.#nextTurnMs);
    if (turnMs - nowMs > this.#options.waitMaxMs) return turnMs - nowMs;
    this.#nextTurnMs = turnMs + 1_000 / this.#options.callsPerSecond;
    if (turnMs > nowMs) await delay(turnMs - nowMs);
    return this.#sharedTurn(nowMs + this.#options.waitMaxMs);
  }

  close(): void {
    this.#redis?.disconnect();
  }

  async #sharedTurn(untilMs: number): Promise<number> {
    for (;;) {
      const waitMs = await this.#taken();
      if (waitMs === 0) return 0;
      const jittered = waitMs + Math.random() * jitterMs;
      if (performance.now() + jittered > untilMs) return jittered;
      await delay(jittered);
    }
  }

  /** 0 where there was room, otherwise milliseconds until the window ends. */
  async #taken(): Promise<number> {
    try {
      await this.#shared?.consume(this.#options.party);
      return 0;
    } catch (refused) {
      if (refused instanceof RateLimiterRes) return Math.max(1, refused.msBeforeNext);
      throw refused;
    }
  }
}
