interface Waiting<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

export interface FollowerOptions<Row, T> {
  /** Version that the client has seen already: only later ones are delivered. */
  readonly after: number;
  /** Grows with every change that this client is shown. */
  readonly versionOf: (row: Row) => number;
  readonly valueOf: (row: Row) => T;
}

/**
 * One client of a shared row: the newest version that it has not had, never one twice, never backward. A slow client keeps
 * one row here, however much happens. Written by hand and without a timer, since there may be 10,000: a generator with its signal
 * costs four times as much. Whoever reads it asks for the next value when the one before has come.
 */
export class RowFollower<Row, T> implements AsyncIterableIterator<T, undefined> {
  #seen: number;
  #row: Row | null = null;
  #waiting: Waiting<T> | null = null;
  #failure: Error | null = null;
  #isOver = false;
  /** The row was looked for once since this client came, and may have been missing. */
  hasBegun = false;

  constructor(private readonly options: FollowerOptions<Row, T>, private readonly leave: () => void) {
    this.#seen = options.after;
  }

  /** What was read; a node that is behind the last one may hold an older row. */
  offer(row: Row): void {
    const version = this.options.versionOf(row);
    if (version <= this.#seen) return;
    this.#seen = version;
    const waiting = this.#waiting;
    if (!waiting) {
      this.#row = row;
      return;
    }
    this.#waiting = null;
    waiting.resolve({ done: false, value: this.options.valueOf(row) });
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    if (this.#row !== null) {
      const value = this.options.valueOf(this.#row);
      this.#row = null;
      return Promise.resolve({ done: false, value });
    }
    return new Promise((resolve, reject) => { this.#waiting = { resolve, reject }; });
  }

  /** It cannot be read any more: whoever waits, or asks next, is told. */
  fail(error: unknown): void {
    this.#failure = error instanceof Error ? error : new Error("the row cannot be read", { cause: error });
    this.#waiting?.reject(this.#failure);
    this.#waiting = null;
    this.#end();
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#waiting?.resolve({ done: true, value: undefined });
    this.#waiting = null;
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#row = null;
    this.leave();
  }
}
