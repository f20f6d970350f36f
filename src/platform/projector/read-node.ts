import type { QueryResultRow } from "pg";

/** A statement with a name: planned once a connection. */
export interface NamedQuery {
  readonly name: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

/** How far a projection on a node is behind what the node has received. */
export interface ProjectionLag {
  readonly projection: string;
  readonly events: number;
  readonly milliseconds: number;
}

/** One read node as queries see it. */
export interface ReadNode {
  /** Stable and unique, e.g. `node1`; part of live channels. */
  readonly name: string;
  /**
   * The table that is active for a projection, quoted for SQL, e.g. `"order_card_v1"`.
   * Kept in memory and renewed when a rebuild switches it.
   * @throws SystemError READ_UNAVAILABLE where the node never had it
   */
  tableOf(projection: string): string;
  /** @throws SystemError READ_UNAVAILABLE where the node cannot be reached */
  query<Row extends QueryResultRow>(query: NamedQuery): Promise<readonly Row[]>;
  /**
   * Waits until the node holds the event at `position` and every named projection has folded it.
   * Resolves to false when `timeoutMs` passed first: the answer is then stale.
   */
  reached(position: string, projections: readonly string[], timeoutMs: number): Promise<boolean>;
  lag(): Promise<readonly ProjectionLag[]>;
}
