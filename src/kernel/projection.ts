import type { DomainEvent, RecordedEvent } from "./event.js";

/** The rows that a batch of events touches, in memory; written set-based at the batch's end. */
export interface Rows<Row extends object> {
  /** Undefined where there is no such row. Only keys that `touches` has named may be asked for. */
  get(key: string): Row | undefined;
  put(row: Row): void;
  /** Changes an existing row; an absent one is left alone, and `false` tells so. */
  change(key: string, change: (row: Row) => Row): boolean;
  delete(key: string): void;
}

/** Handles one event, or is the word that says that the event does not matter here. */
export type ProjectionHandler<Event extends DomainEvent, Row extends object> =
  | ((event: Event, rows: Rows<Row>, recorded: RecordedEvent<Event>) => void)
  | "ignored";

/** One column of a read table. */
export interface TableColumn {
  /** snake_case. */
  readonly name: string;
  /** As SQL knows it: `text`, `bigint`, `timestamptz` (a string in the row, RFC 3339 UTC), `jsonb` … */
  readonly type: string;
  readonly nullable: boolean;
}

/** Columns, by property, in the index's order. */
export interface TableIndex {
  readonly columns: readonly string[];
  readonly unique: boolean;
}

/**
 * The shape of a read table, without a name: every version and every rebuild has a table of its own.
 * Made from a MikroORM entity by `readTable` (platform/projector/read-table.ts).
 */
export interface TableShape<Row extends object> {
  /** The row's properties and their columns. */
  readonly columns: { readonly [Property in keyof Row & string]: TableColumn };
  /** Property of the primary key: one text column. */
  readonly key: keyof Row & string;
  readonly indexes: readonly TableIndex[];
}

/**
 * A read table folded from the log. Every event type has a handler or the word "ignored";
 * the compiler says what is missing. A higher `version` is built beside the old table.
 */
export interface Projection<Event extends DomainEvent, Row extends object> {
  /** Name of the table without its version, e.g. `order_card`. */
  readonly name: string;
  readonly version: number;
  /** Categories of the streams it reads, e.g. `order`; events of other categories never reach it. */
  readonly categories: readonly string[];
  readonly table: TableShape<Row>;
  /** True where many streams are folded into one row: a bad event then halts the projection instead of being parked. */
  readonly haltOnError?: boolean;
  /** Keys of the rows that the event may read or write: they are loaded, in one query, before folding. */
  touches(event: Event, recorded: RecordedEvent<Event>): readonly string[];
  readonly on: { readonly [Type in Event["type"]]: ProjectionHandler<Extract<Event, { type: Type }>, Row> };
  /** Channels that hear of the event after it was projected, e.g. `order:<id>`. */
  push?(event: Event, recorded: RecordedEvent<Event>): readonly string[];
}

/** Any projection: what the projector is given. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a list of projections mixes events and rows
export type AnyProjection = Projection<any, any>;

/** Names a projection; the identity function, there for its types. */
export function defineProjection<Event extends DomainEvent, Row extends object>(
  projection: Projection<Event, Row>,
): Projection<Event, Row> {
  return projection;
}
