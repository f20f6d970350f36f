/** What a batcher needs to know. */
export interface BatcherOptions<Item> {
  /** Items that may wait; more are turned away. */
  readonly capacity: number;
  /** Items that go in one batch. */
  readonly batchMax: number;
  /** Weight at which a batch is full, so that a few large items go by themselves; together with `weigh`. */
  readonly weightMax?: number;
  weigh?(item: Item): number;
  /** Batches that may be under way at once; each has a number from 0, so that it can own a connection. */
  readonly lanesMax: number;
  /** Works a batch off. Must settle every item itself and never reject. */
  run(items: readonly Item[], lane: number): Promise<void>;
}

/**
 * Adaptive batching without timers: while a batch is under way the next one gathers, so that one item alone
 * goes at once and a thousand at once go in a few batches.
 */
export class Batcher<Item> {
  readonly #options: BatcherOptions<Item>;
  readonly #idleLanes: number[];
  #waiting: Item[] = [];
  #scheduled = false;
  #drained: (() => void)[] = [];
  /** Items a second, smoothed; what `waitSeconds` is computed from. */
  #drainRate = 0;

  constructor(options: BatcherOptions<Item>) {
    this.#options = options;
    this.#idleLanes = Array.from({ length: options.lanesMax }, (_, lane) => lane).reverse();
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Seconds until what waits now will have been worked off, at the measured rate; at least 1. */
  get waitSeconds(): number {
    if (this.#drainRate === 0) return 1;
    return Math.min(60, Math.max(1, Math.ceil(this.#waiting.length / this.#drainRate)));
  }

  /** False where the queue is full: nothing was taken. */
  add(item: Item): boolean {
    if (this.#waiting.length >= this.#options.capacity) return false;
    this.#waiting.push(item);
    this.#schedule();
    return true;
  }

  /** Resolves when nothing waits and nothing is under way. */
  async drained(): Promise<void> {
    if (this.#waiting.length === 0 && this.#idleLanes.length === this.#options.lanesMax) return;
    await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  /** Starts at the end of this turn of the event loop: requests that arrived together go together. */
  #schedule(): void {
    if (this.#scheduled || this.#idleLanes.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#start();
    });
  }

  #start(): void {
    const lane = this.#waiting.length > 0 ? this.#idleLanes.pop() : undefined;
    if (lane === undefined) return;
    const items = this.#waiting.slice(0, this.#batchLength());
    this.#waiting = this.#waiting.slice(items.length);
    const startedMs = performance.now();
    void this.#options.run(items, lane).finally(() => {
      this.#measure(items.length, performance.now() - startedMs);
      this.#idleLanes.push(lane);
      if (this.#waiting.length > 0) this.#start();
      else this.#tellDrained();
    });
    if (this.#waiting.length > 0) this.#schedule();
  }

  #batchLength(): number {
    const { batchMax, weightMax = Infinity } = this.#options;
    const length = Math.min(batchMax, this.#waiting.length);
    let weight = 0;
    for (let index = 0; index < length; index += 1) {
      weight += this.#options.weigh?.(this.#waiting[index] as Item) ?? 0;
      if (weight > weightMax) return Math.max(1, index);
    }
    return length;
  }

  #measure(count: number, elapsedMs: number): void {
    const rate = (count * 1_000 * this.#options.lanesMax) / Math.max(elapsedMs, 0.1);
    this.#drainRate = this.#drainRate === 0 ? rate : this.#drainRate * 0.9 + rate * 0.1;
  }

  #tellDrained(): void {
    if (this.#idleLanes.length < this.#options.lanesMax) return;
    const listeners = this.#drained;
    this.#drained = [];
    for (const listener of listeners) listener();
  }
}
