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

/**
 * A read table folded from the log. Every event type has a handler or the word "ignored";
 * the compiler says what is missing. A higher `version` is built beside the old table: raise it with every
 * change of what is folded or of the table. The table's entity is tied to it in its `*.table.ts`.
 */
export interface Projection<Event extends DomainEvent, Row extends object> {
  /** Name of the table without its version, e.g. `order_card`. */
  readonly name: string;
  readonly version: number;
  /** Categories of the streams it reads, e.g. `order`; events of other categories never reach it. */
  readonly categories: readonly string[];
  /** Property of the row that is its primary key, a text. */
  readonly key: keyof Row & string;
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
