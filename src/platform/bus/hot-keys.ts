/** When a key counts as hot. */
export interface HotKeysOptions {
  /** Keys that may be hot at once. */
  readonly hotMax: number;
  /** Share of the recent arrivals, from 0 to 1, that a key must have. */
  readonly shareMin: number;
  /** Commands that must wait in the lane: where the queue does not build up, nobody is in anybody's way. */
  readonly queueMin: number;
  /** A hot key whose lane had no such queue for so long is hot no more. */
  readonly quietMs: number;
  /** Milliseconds, from anywhere. */
  readonly now: () => number;
}

interface Arrival {
  readonly atMs: number;
  readonly keys: readonly string[];
}

/** What counts as recent, by number and by age; and the fewest arrivals that tell anything. */
const arrivalsMax = 1_000;
const recentMs = 2_000;
const arrivalsMin = 50;
/** A command with more keys is aimed at none of them. */
const keysMax = 20;

/** Finds the key that most of the recent arrivals have in common while their queue builds up. Pure but for the clock it is given. */
export class HotKeys {
  readonly #options: HotKeysOptions;
  #arrivals: Arrival[] = [];
  /** The oldest arrival that counts; those before it were uncounted already. */
  #oldest = 0;
  readonly #counts = new Map<string, number>();
  /** Hot keys, and when each last had a queue. */
  readonly #hot = new Map<string, number>();

  constructor(options: HotKeysOptions) {
    this.#options = options;
  }

  /** The first of the keys that is hot. */
  hotOf(keys: readonly string[]): string | undefined {
    return this.#hot.size === 0 ? undefined : keys.find((key) => this.#hot.has(key));
  }

  /** Notes a command that goes to the common lane. Returns the key that it has made hot, if any. */
  arrived(keys: readonly string[], waiting: number): string | undefined {
    if (keys.length > keysMax) return undefined;
    const { hotMax, queueMin, shareMin, now } = this.#options;
    const atMs = now();
    this.#arrivals.push({ atMs, keys });
    for (const key of keys) this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    this.#forgetOld(atMs);
    const recent = this.#arrivals.length - this.#oldest;
    if (waiting < queueMin || recent < arrivalsMin || this.#hot.size >= hotMax) return undefined;
    const hot = keys.find((key) => (this.#counts.get(key) ?? 0) >= shareMin * recent);
    if (hot !== undefined) this.#hot.set(hot, atMs);
    return hot;
  }

  /** Notes how long the queue of a hot key is. */
  queued(key: string, waiting: number): void {
    if (waiting >= this.#options.queueMin) this.#hot.set(key, this.#options.now());
  }

  /** The keys that have been quiet for long enough; they are hot no more. */
  coolDown(): readonly string[] {
    const { quietMs, now } = this.#options;
    const quietSince = now() - quietMs;
    const cold = [...this.#hot].filter(([, queuedAtMs]) => queuedAtMs <= quietSince).map(([key]) => key);
    for (const key of cold) this.#hot.delete(key);
    return cold;
  }

  #forgetOld(nowMs: number): void {
    for (;;) {
      const oldest = this.#arrivals[this.#oldest];
      const tooMany = this.#arrivals.length - this.#oldest > arrivalsMax;
      if (!oldest || (!tooMany && nowMs - oldest.atMs <= recentMs)) break;
      for (const key of oldest.keys) {
        const count = (this.#counts.get(key) ?? 0) - 1;
        if (count > 0) this.#counts.set(key, count);
        else this.#counts.delete(key);
      }
      this.#oldest += 1;
    }
    // Moved together once in a while, not for each arrival.
    if (this.#oldest < arrivalsMax) return;
    this.#arrivals = this.#arrivals.slice(this.#oldest);
    this.#oldest = 0;
  }
}
