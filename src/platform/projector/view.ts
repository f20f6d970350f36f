/** A materialized view over read tables, refreshed `CONCURRENTLY` on the read node. */
export interface ViewDefinition {
  /** Asked for by this name through `ReadNode.tableOf`, like a projection. */
  readonly name: string;
  /** Names of the projections that `sql` reads. A view goes no further than the slowest of them. */
  readonly reads: readonly string[];
  /** The view's query. Its tables come from `tableOf`, so that a rebuild of one makes a new view. */
  sql(tableOf: (projection: string) => string): string;
  /** Columns (snake_case) that tell rows apart: `CONCURRENTLY` needs a unique index. */
  readonly uniqueIndex: readonly string[];
  /** Seconds between the end of a refresh and the next; default 10. */
  readonly refreshEverySeconds?: number;
}

/** Names a view; the identity function, there for its types. */
export function defineView(view: ViewDefinition): ViewDefinition {
  return view;
}
