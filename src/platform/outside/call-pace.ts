import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import { SlidingSecond } from "./sliding-second.js";

export interface CallPaceOptions {
  readonly party: string;
  readonly callsPerSecond: number;
  /** Longest wait for a turn; who would have to wait longer is sent away. */
  readonly waitMaxMs: number;
  /** Where several processes keep to the limit together. Each keeps to it alone while Redis is away. */
  readonly redisUrl: string | undefined;
}

/** Those who wait for the same window do not come at once. */
const jitterMs = 50;

/**
 * So many calls a second, wherever the other side's seconds begin: each has its turn at an even distance from the one before,
 * and where a busy process is late with some of them, they are not made up for. And so many in all processes together.
 */
export class CallPace {
  readonly #options: CallPaceOptions;
  readonly #redis: Redis | null;
  readonly #shared: RateLimiterRedis | null;
  readonly #sent: SlidingSecond;
  #nextTurnMs = 0;

  constructor(options: CallPaceOptions) {
    this.#options = options;
    this.#sent = new SlidingSecond(options.callsPerSecond);
    const { party, callsPerSecond: points, redisUrl } = options;
    this.#redis = redisUrl === undefined ? null : new Redis(redisUrl, {
      enableOfflineQueue: false, maxRetriesPerRequest: 0, connectTimeout: 2_000, commandTimeout: 500,
      disconnectTimeout: 100, // a timer that holds the process up where the connection was broken already
    });
    // The limiter turns to its insurance; the worker's health tells of Redis.
    this.#redis?.on("error", () => undefined);
    this.#shared = this.#redis && new RateLimiterRedis({
      storeClient: this.#redis, keyPrefix: "millrace:outside", points, duration: 1, rejectIfRedisNotReady: true,
      insuranceLimiter: new RateLimiterMemory({ keyPrefix: party, points, duration: 1 }),
    });
  }

  /** Waits for its turn. @param patience share of the longest wait that it may take @returns milliseconds until one might be free where that is too long to wait for, otherwise 0 */
  async turn(patience = 1): Promise<number> {
    const nowMs = performance.now();
    const turnMs = Math.max(nowMs, this.#nextTurnMs);
    const waitMaxMs = this.#options.waitMaxMs * patience;
    if (turnMs - nowMs > waitMaxMs) return turnMs - nowMs;
    this.#nextTurnMs = turnMs + 1_000 / this.#options.callsPerSecond;
    if (turnMs > nowMs) await delay(turnMs - nowMs);
    const untilMs = nowMs + waitMaxMs;
    return await waitedFor(() => Promise.resolve(this.#sent.take(performance.now())), untilMs) || await waitedFor(() => this.#takeShared(), untilMs);
  }

  close(): void {
    this.#redis?.disconnect();
  }

  /** 0 where there was room, otherwise milliseconds until the window ends. */
  async #takeShared(): Promise<number> {
    try {
      await this.#shared?.consume(this.#options.party);
      return 0;
    } catch (refused) {
      if (refused instanceof RateLimiterRes) return Math.max(1, refused.msBeforeNext) + Math.random() * jitterMs;
      throw refused;
    }
  }
}

/** Tries until there is room. @returns milliseconds to wait where that is longer than allowed, otherwise 0 */
async function waitedFor(take: () => Promise<number>, untilMs: number): Promise<number> {
  for (;;) {
    const waitMs = await take();
    if (waitMs === 0) return 0;
    if (performance.now() + waitMs > untilMs) return waitMs;
    await delay(waitMs);
  }
}
