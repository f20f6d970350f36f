import { LRUCache } from "lru-cache";

export interface LastAnswersOptions {
  /** Characters of JSON that may be kept. */
  readonly sizeMax: number;
  /** What is older is never shown. */
  readonly ageMaxMs: number;
  readonly now: () => number;
}

export interface KeptAnswer<Value> {
  readonly value: Value;
  readonly atMs: number;
}

/** Under load an answer this young is as good as a new one; otherwise it is not kept anew more often than this. */
const freshMs = 5_000;
const keepEveryMs = 1_000;

/**
 * What essential queries were answered last, for when the nodes cannot be asked, or should not. Bounded by size and
 * age; what was used longest ago goes first. Only for what is the same for every caller.
 */
export class LastAnswers {
  readonly #options: LastAnswersOptions;
  readonly #kept: LRUCache<string, KeptAnswer<unknown>>;
  readonly #loading = new Map<string, Promise<unknown>>();

  constructor(options: LastAnswersOptions) {
    this.#options = options;
    this.#kept = new LRUCache({
      maxSize: options.sizeMax, maxEntrySize: Math.ceil(options.sizeMax / 10),
      sizeCalculation: ({ value }, key) => key.length + (JSON.stringify(value) as string | undefined ?? "").length + 1,
    });
  }

  get size(): number {
    return this.#kept.calculatedSize;
  }

  /** Loads, and keeps what comes. */
  async load<Value>(key: string, load: () => Promise<Value>): Promise<Value> {
    const value = await load();
    const atMs = this.#options.now();
    const before = this.#kept.peek(key);
    // Measuring an answer's size costs more than reading a small one: once a second is enough.
    if (!before || atMs - before.atMs >= keepEveryMs) this.#kept.set(key, { value, atMs });
    return value;
  }

  /**
   * Answers from what is kept while it is young; else loads, together with all who want the same, and falls back on what
   * is kept when that fails. @throws whatever `load` throws where nothing is kept
   */
  async lastOr<Value>(key: string, load: () => Promise<Value>): Promise<{ readonly value: Value; readonly keptAtMs: number | null }> {
    const kept = this.#find<Value>(key);
    if (kept && this.#options.now() - kept.atMs < freshMs) return { value: kept.value, keptAtMs: kept.atMs };
    try {
      return { value: await this.#loadTogether(key, load), keptAtMs: null };
    } catch (error) {
      if (kept) return { value: kept.value, keptAtMs: kept.atMs };
      throw error;
    }
  }

  async #loadTogether<Value>(key: string, load: () => Promise<Value>): Promise<Value> {
    const others = this.#loading.get(key) as Promise<Value> | undefined;
    // Whoever loads may have gone, and its load with it: then everybody loads for himself.
    if (others) return others.catch(() => this.load(key, load));
    const loading = this.load(key, load).finally(() => this.#loading.delete(key));
    this.#loading.set(key, loading);
    return loading;
  }

  // A key stands for the type of its value; this is the one place that takes its word for it.
  #find<Value>(key: string): KeptAnswer<Value> | null {
    const kept = this.#kept.get(key) as KeptAnswer<Value> | undefined;
    return kept && this.#options.now() - kept.atMs <= this.#options.ageMaxMs ? kept : null;
  }
}
