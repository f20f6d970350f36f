import type { Pool } from "pg";
import { SystemError } from "../errors.js";
import { quoteRelation } from "./build.js";
import { isMissing } from "./registry.js";

const relationsSql = `
  SELECT name, table_name AS relation, state = 'active' AS active FROM read.projection WHERE state <> 'building'
  UNION ALL SELECT name, relation, state = 'active' FROM read.view`;

/** Which relation stands for which name on a node, kept in memory. */
export class Relations {
  #active = new Map<string, string>();
  /** Relations that were active once, so that a statement made of them can be mended. */
  #names = new Map<string, string>();
  #loadedAt = Number.NEGATIVE_INFINITY;
  #loading: Promise<void> | null = null;

  constructor(private readonly pool: Pool, private readonly nodeName: string, private readonly maxAgeMs: number) {}

  /** @throws SystemError READ_UNAVAILABLE where the node never had it */
  relationOf(name: string): string {
    if (performance.now() - this.#loadedAt > this.maxAgeMs) void this.reload().catch(() => undefined);
    const relation = this.#active.get(name);
    if (relation === undefined) throw new SystemError("READ_UNAVAILABLE", `Read node ${this.nodeName} has no table of ${name} yet.`, { retryAfterSeconds: 1 });
    return quoteRelation(relation);
  }

  /** Calls while one is under way share it. @throws the driver's error */
  reload(): Promise<void> {
    this.#loading ??= this.#load().finally(() => { this.#loading = null; });
    return this.#loading;
  }

  /** The statement with relations that are out of use replaced by those that took their place. */
  mend(text: string): string {
    let mended = text;
    for (const [relation, name] of this.#names) {
      const active = this.#active.get(name);
      if (active !== undefined && active !== relation) mended = mended.replaceAll(quoteRelation(relation), quoteRelation(active));
    }
    return mended;
  }

  async #load(): Promise<void> {
    const { rows } = await this.pool.query<{ name: string; relation: string; active: boolean }>(relationsSql).catch((error: unknown) => {
      if (isMissing(error)) return { rows: [] };
      throw error;
    });
    this.#active = new Map(rows.filter(({ active }) => active).map(({ name, relation }) => [name, relation]));
    for (const { name, relation } of rows) this.#names.set(relation, name);
    this.#loadedAt = performance.now();
  }
}
