/** What a batcher needs to know. */
export interface BatcherOptions<Item> {
  /** Items that may wait; more are turned away. */
  readonly capacity: number;
  /** Longest wait that is accepted, by the measured rate; an item that would wait for longer is turned away. */
  readonly waitMaxMs?: number;
  /** Items that go in one batch. */
  readonly batchMax: number;
  /** Weight at which a batch is full, so that a few large items go by themselves; together with `weigh`. */
  readonly weightMax?: number;
  weigh?(item: Item): number;
  /** Whether nobody waits for the item any more: it is left out when its batch is formed. Told beforehand by `noteGone`. */
  isGone?(item: Item): boolean;
  /** Batches that may be under way at once; each has a number from 0, so that it can own a connection. */
  readonly lanesMax: number;
  /** Milliseconds, from anywhere; the process' own by default. */
  now?(): number;
  /** Works a batch off. Must settle every item itself and never reject. */
  run(items: readonly Item[], lane: number): Promise<void>;
}

/** So many batches may always wait: a rate tells something only while there is a queue. */
const batchesAlways = 2;

/**
 * Adaptive batching without timers: while a batch is under way the next one gathers, so that one item alone
 * goes at once and a thousand at once go in a few batches.
 */
export class Batcher<Item> {
  readonly #options: BatcherOptions<Item>;
  readonly #idleLanes: number[];
  #waiting: Item[] = [];
  /** How many of those that wait nobody waits for. */
  #gone = 0;
  #scheduled = false;
  #drained: (() => void)[] = [];
  /** Items a second, smoothed; what `waitSeconds` is computed from. */
  #drainRate = 0;

  constructor(options: BatcherOptions<Item>) {
    this.#options = options;
    this.#idleLanes = Array.from({ length: options.lanesMax }, (_, lane) => lane).reverse();
  }

  get waiting(): number {
    return this.#waiting.length - this.#gone;
  }

  /** How full the queue is, from 0 to 1. */
  get fill(): number {
    return this.waiting / this.#options.capacity;
  }

  /** Whether an item that came now would be turned away. */
  get isFull(): boolean {
    return this.waiting >= this.#options.capacity || this.#isLong;
  }

  /** Seconds until what waits now will have been worked off, at the measured rate; at least 1. */
  get waitSeconds(): number {
    if (this.#drainRate === 0) return 1;
    return Math.min(60, Math.max(1, Math.ceil(this.waiting / this.#drainRate)));
  }

  /**
   * False where the queue is full: nothing was taken.
   * @param patient whether it may wait for any time: only the capacity bounds it then
   */
  add(item: Item, patient = false): boolean {
    if (patient ? this.waiting >= this.#options.capacity : this.isFull) return false;
    this.#waiting.push(item);
    this.#schedule();
    return true;
  }

  /** Takes over what was accepted elsewhere, however full it is here: an accepted item is never turned away. */
  takeOver(items: readonly Item[]): void {
    this.#waiting.push(...items);
    this.#schedule();
  }

  /** Hands out, in their order, the waiting items that `belongs` names; they wait here no more. */
  handOver(belongs: (item: Item) => boolean): readonly Item[] {
    this.#dropGone();
    const leaving = this.#waiting.filter(belongs);
    if (leaving.length > 0) this.#waiting = this.#waiting.filter((item) => !belongs(item));
    return leaving;
  }

  /** An item that waits here has lost its last caller. */
  noteGone(): void {
    this.#gone += 1;
    // So that callers who come and go cannot make the queue longer than its capacity.
    if (this.#gone > this.#options.capacity) this.#dropGone();
  }

  /** Resolves when nothing waits and nothing is under way. */
  async drained(): Promise<void> {
    if (this.#waiting.length === 0 && this.#idleLanes.length === this.#options.lanesMax) return;
    await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  /** Whether somebody who comes now would wait for too long. */
  get #isLong(): boolean {
    const { waitMaxMs = Infinity, batchMax } = this.#options;
    return this.#drainRate > 0 && this.waiting >= batchMax * batchesAlways && this.waiting * 1_000 > this.#drainRate * waitMaxMs;
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
    if (this.#idleLanes.length === 0) return;
    const items = this.#nextBatch();
    const lane = items.length > 0 ? this.#idleLanes.pop() : undefined;
    if (lane === undefined) {
      this.#tellDrained();
      return;
    }
    const startedMs = this.#nowMs();
    void this.#options.run(items, lane).finally(() => {
      this.#measure(items.length, this.#nowMs() - startedMs);
      this.#idleLanes.push(lane);
      this.#start();
    });
    if (this.#waiting.length > 0) this.#schedule();
  }

  /** Takes the next batch out of the queue, without what nobody waits for. */
  #nextBatch(): Item[] {
    const { batchMax, weightMax = Infinity } = this.#options;
    const batch: Item[] = [];
    let weight = 0;
    let taken = 0;
    for (const item of this.#waiting) {
      if (batch.length === batchMax) break;
      if (this.#options.isGone?.(item)) this.#gone -= 1;
      else {
        weight += this.#options.weigh?.(item) ?? 0;
        if (weight > weightMax && batch.length > 0) break;
        batch.push(item);
      }
      taken += 1;
    }
    this.#waiting = this.#waiting.slice(taken);
    return batch;
  }

  #dropGone(): void {
    if (this.#gone === 0) return;
    this.#waiting = this.#waiting.filter((item) => !this.#options.isGone?.(item));
    this.#gone = 0;
  }

  /** A batch that is not full says how many came, not how many could go: it may raise the rate and never lowers it. */
  #measure(count: number, elapsedMs: number): void {
    const rate = (count * 1_000 * this.#options.lanesMax) / Math.max(elapsedMs, 0.1);
    if (rate < this.#drainRate && count < this.#options.batchMax / 2) return;
    this.#drainRate = this.#drainRate === 0 ? rate : this.#drainRate * 0.9 + rate * 0.1;
  }

  #nowMs(): number {
    return this.#options.now?.() ?? performance.now();
  }

  #tellDrained(): void {
    if (this.#waiting.length > 0 || this.#idleLanes.length < this.#options.lanesMax) return;
    const listeners = this.#drained;
    this.#drained = [];
    for (const listener of listeners) listener();
  }
}
