import { Redis } from "ioredis";
import type { Logger } from "../log/logger.js";

/**
 * Counts any number of keys in one command: so a turn's requests share one round trip and one script call, where a
 * command a limit would cost several times as much. A key's window begins with its first point. A refund that comes
 * after its window, or after Redis was emptied, must not leave a key below nothing: that would allow more than the limit.
 */
const countScript = `
local counted = {}
for i, key in ipairs(KEYS) do
  local consumed = redis.call('INCRBY', key, ARGV[2 * i - 1])
  local left = redis.call('PTTL', key)
  if left < 0 then
    left = tonumber(ARGV[2 * i])
    redis.call('PEXPIRE', key, left)
  end
  if consumed < 0 then
    consumed = 0
    redis.call('SET', key, 0, 'KEEPTTL')
  end
  counted[2 * i - 1] = consumed
  counted[2 * i] = left
end
return counted`;

/** Redis does nothing else while a script runs. */
const keysOfCommandMax = 1_000;
const probeEveryMs = 100;

interface Waiting {
  readonly key: string;
  readonly points: string;
  readonly windowMs: number;
  readonly resolve: (counted: readonly [consumed: number, leftMs: number]) => void;
  readonly reject: (error: unknown) => void;
}

interface CountingRedis extends Redis {
  millraceCount(keyCount: number, ...keysAndNumbers: readonly (string | number)[]): Promise<readonly number[]>;
}

export interface SharedCountersOptions {
  readonly url: string;
  /** An answer that takes longer counts as none. */
  readonly waitMs: number;
  readonly logger: Logger;
}

/**
 * Counters in Redis, in the shape that rate-limiter-flexible asks of a client: `status` and `rlflxIncr`. After one
 * late or failed answer it is away for everybody at once, so that an outage costs one wait and not one a request;
 * it comes back when Redis answers a probe in time.
 */
export class SharedCounters {
  readonly #redis: CountingRedis;
  readonly #options: SharedCountersOptions;
  #waiting: Waiting[] = [];
  #away = true;
  #era = 0;
  #probe: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: SharedCountersOptions) {
    this.#options = options;
    const retryStrategy = (attempt: number): number => Math.min(100 * 2 ** Math.min(attempt, 6), 2_000);
    this.#redis = new Redis(options.url, {
      enableOfflineQueue: false, maxRetriesPerRequest: 0, retryStrategy, connectTimeout: 2_000,
      disconnectTimeout: 100, // a timer that holds the process up where the connection was broken already
    }) as CountingRedis;
    this.#redis.defineCommand("millraceCount", { lua: countScript });
    this.#redis.on("error", (error: Error) => { this.#lose(error); });
    this.#redis.on("ready", () => { void this.#look(); });
    this.#lookLater();
  }

  /** "ready" only while Redis answers in time: otherwise the library turns to its local limiter without asking. */
  get status(): "ready" | "away" {
    return this.#away ? "away" : "ready";
  }

  /** Grows whenever Redis goes or comes: points that were taken in one era are not those of another. */
  get era(): number {
    return this.#era;
  }

  /** @param args as the library's own script takes them: key, points (negative for a refund), seconds of the window */
  rlflxIncr([key = "", points = "0", seconds]: readonly string[]): Promise<readonly [consumed: number, leftMs: number]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, points, windowMs: Number(seconds) * 1_000, resolve, reject });
      // After all that this turn has read from sockets: its requests are counted together.
      if (this.#waiting.length === 1) setImmediate(() => { this.#sendAll(); });
      else if (this.#waiting.length === keysOfCommandMax) this.#sendAll();
    });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#probe ?? undefined);
    this.#redis.disconnect();
  }

  #sendAll(): void {
    const batch = this.#waiting;
    if (batch.length === 0) return;
    this.#waiting = [];
    this.#count(batch).catch((error: unknown) => {
      this.#lose(error);
      for (const { reject } of batch) reject(error);
    });
  }

  async #count(batch: readonly Waiting[]): Promise<void> {
    const numbers = batch.flatMap(({ points, windowMs }) => [points, windowMs]);
    const counted = await this.#inTime(this.#redis.millraceCount(batch.length, ...batch.map(({ key }) => key), ...numbers));
    for (const [place, { resolve }] of batch.entries()) resolve([counted[2 * place] ?? 0, counted[2 * place + 1] ?? 0]);
  }

  async #inTime<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const { waitMs } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => { reject(new Error(`Redis did not answer within ${String(waitMs)} ms`)); }, waitMs);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #lose(err: unknown): void {
    if (this.#away || this.#closed) return;
    this.#away = true;
    this.#era += 1;
    this.#options.logger.warn({ err }, "Redis does not answer in time; each process limits rates by itself until it does");
    this.#lookLater();
  }

  #lookLater(): void {
    clearTimeout(this.#probe ?? undefined);
    if (this.#away && !this.#closed) this.#probe = setTimeout(() => { void this.#look(); }, probeEveryMs).unref();
  }

  async #look(): Promise<void> {
    try {
      if (this.#redis.status !== "ready") return;
      await this.#inTime(this.#redis.ping());
      if (!this.#away) return;
      if (this.#era > 0) this.#options.logger.info("Redis answers again; rates are limited together");
      this.#away = false;
      this.#era += 1;
    } catch {
      // Still away: told once, when it was lost.
    } finally {
      this.#lookLater();
    }
  }
}
