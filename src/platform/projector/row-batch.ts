import type { Rows } from "../../kernel/projection.js";

/** A read table's row, by property. */
export type AnyRow = Record<string, unknown>;

/** The rows of one table that a batch of events touches: loaded, changed in memory, then written at once. */
export class RowBatch implements Rows<AnyRow> {
  readonly #rows: Map<string, AnyRow>;
  readonly #changed = new Set<string>();
  #touched: readonly string[] = [];

  /** @param key the property that is the primary key */
  constructor(private readonly key: string, loaded: readonly AnyRow[]) {
    this.#rows = new Map(loaded.map((row) => [String(row[key]), row]));
  }

  /** From here on only these keys may be read and written: the others were not loaded for this event. */
  begin(touched: readonly string[]): void {
    this.#touched = touched;
  }

  get(key: string): AnyRow | undefined {
    this.#check(key);
    return this.#rows.get(key);
  }

  put(row: AnyRow): void {
    const key = String(row[this.key]);
    this.#check(key);
    this.#rows.set(key, row);
    this.#changed.add(key);
  }

  change(key: string, change: (row: AnyRow) => AnyRow): boolean {
    const row = this.get(key);
    if (row === undefined) return false;
    const changed = change(row);
    if (String(changed[this.key]) !== key) throw new Error(`the row "${key}" must keep its key`);
    this.put(changed);
    return true;
  }

  delete(key: string): void {
    this.#check(key);
    this.#rows.delete(key);
    this.#changed.add(key);
  }

  /** Sorted, so that two writers of one table lock its rows in the same order. */
  changes(): { readonly put: readonly AnyRow[]; readonly deleted: readonly string[] } {
    const [put, deleted]: [AnyRow[], string[]] = [[], []];
    for (const key of [...this.#changed].sort()) {
      const row = this.#rows.get(key);
      if (row) put.push(row);
      else deleted.push(key);
    }
    return { put, deleted };
  }

  #check(key: string): void {
    if (!this.#touched.includes(key)) throw new Error(`the row "${key}" is used, and "touches" does not name it`);
  }
}
