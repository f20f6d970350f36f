interface Entry<Item> {
  readonly dueMs: number;
  /** Keeps what is due at the same time in the order in which it was added. */
  readonly order: number;
  readonly item: Item;
}

/** Items handled in one go before other work gets its turn. */
const burstMax = 500;

/** Longest wait of a Node timer. */
const waitMaxMs = 2_147_483_647;

/** Things to do at their times, any number of them, with one timer: a binary heap, the next one at its root. */
export class DueQueue<Item> {
  readonly #heap: Entry<Item>[] = [];
  readonly #onDue: (item: Item) => void;
  #added = 0;
  #timer: NodeJS.Timeout | undefined;
  #armedForMs = Infinity;
  #stopped = false;

  constructor(onDue: (item: Item) => void) {
    this.#onDue = onDue;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** @param dueMs milliseconds since 1970; what is past is handled soon, never at once */
  add(item: Item, dueMs: number): void {
    if (this.#stopped) return;
    this.#heap.push({ dueMs, order: this.#added++, item });
    this.#rise(this.#heap.length - 1);
    if (dueMs < this.#armedForMs) this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#heap.length = 0;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const next = this.#heap[0];
    this.#armedForMs = next?.dueMs ?? Infinity;
    if (next) this.#timer = setTimeout(() => { this.#run(); }, Math.min(waitMaxMs, Math.max(0, next.dueMs - Date.now())));
  }

  #run(): void {
    const nowMs = Date.now();
    // While it runs, what is added needs no timer of its own.
    this.#armedForMs = -Infinity;
    for (let handled = 0; handled < burstMax; handled += 1) {
      const next = this.#heap[0];
      if (!next || next.dueMs > nowMs) break;
      this.#removeFirst();
      this.#onDue(next.item);
    }
    if (!this.#stopped) this.#arm();
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (!last || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #rise(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfBefore(index, parent)) return;
      index = parent;
    }
  }

  #sink(from: number): void {
    let index = from;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= this.#heap.length) return;
      const right = left + 1;
      const child = right < this.#heap.length && this.#isBefore(right, left) ? right : left;
      if (!this.#swapIfBefore(child, index)) return;
      index = child;
    }
  }

  #swapIfBefore(child: number, parent: number): boolean {
    if (!this.#isBefore(child, parent)) return false;
    const a = this.#heap[child], b = this.#heap[parent];
    if (!a || !b) return false;
    this.#heap[child] = b;
    this.#heap[parent] = a;
    return true;
  }

  #isBefore(one: number, other: number): boolean {
    const a = this.#heap[one], b = this.#heap[other];
    return a !== undefined && b !== undefined && (a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order));
  }
}
