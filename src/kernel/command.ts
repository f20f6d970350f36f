import type { StreamType } from "./decider.js";
import type { DomainEvent } from "./event.js";
import type { Json } from "./json.js";

/** On whose behalf a command runs. */
export interface Actor {
  readonly role: "customer" | "guest" | "operator" | "system";
  /** A customer's or operator's id, the hash of a guest's secret, or the name of a process. */
  readonly id: string;
}

/** A write-state table beside the log: loaded and locked with the batch, changed in the same transaction. */
export interface WriteState<Row extends object> {
  readonly table: string;
  /** Place in the lock order; lower ranks are locked first. Keys are locked sorted by `COLLATE "C"`. */
  readonly rank: number;
  /** Selects the rows whose keys are in `$1::text[]`, ordered by key, `FOR UPDATE` where the rows are changed. */
  readonly loadSql: string;
  /** Writes changed rows, handed in as one JSON array `$1`. Absent where rows are only read. */
  readonly saveSql?: string;
  key(row: Row): string;
  /** Other ways to find rows than by key, e.g. all lines of a product: see `RowsRef.group`. */
  readonly groups?: Readonly<Record<string, RowGroup<Row>>>;
}

/** Rows that belong together by a value that they carry. Whoever loads them so has locked what guards them. */
export interface RowGroup<Row extends object> {
  /** Selects the rows of the values in `$1::text[]`, with the columns of `loadSql`. */
  readonly loadSql: string;
  /** The value that a row carries; null where it belongs to none. */
  of(row: Row): string | null;
}

/** What must be loaded and locked before a command can be decided. */
export interface Needs {
  /** Streams that exist already; they are locked and folded. */
  readonly streams?: readonly StreamRef[];
  /** Streams that this command begins. They are not read; a clash of versions makes the batch read them. */
  readonly newStreams?: readonly StreamRef[];
  readonly rows?: readonly RowsRef[];
}

export interface StreamRef {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a list of needs mixes kinds of streams
  readonly type: StreamType<any, any, any>;
  readonly id: string;
}

export interface RowsRef {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a list of needs mixes kinds of rows
  readonly state: WriteState<any>;
  readonly keys: readonly string[];
  /** Name of one of the state's groups: `keys` are values of that group then. */
  readonly group?: string;
}

/**
 * Where one command decides: an overlay on what the batch has loaded and earlier commands of the batch
 * have left. It is kept only if the command does not throw.
 */
export interface DecisionUnit {
  /** Time of the batch on the primary's clock, read after all locks were taken. RFC 3339 UTC. */
  readonly now: string;
  /** UUIDv5 of principal, command and key: the same for every repetition of the command. */
  readonly commandId: string;
  readonly actor: Actor;
  state<State, Command, Event extends DomainEvent>(type: StreamType<State, Command, Event>, id: string): State;
  /** Lets the stream's decider decide, keeps its events in the overlay and returns them. */
  execute<State, Command, Event extends DomainEvent>(
    type: StreamType<State, Command, Event>, id: string, command: Command,
  ): readonly Event[];
  /** When the stream's first event was recorded, RFC 3339; null where it begins now. */
  begunAt<State, Command, Event extends DomainEvent>(type: StreamType<State, Command, Event>, id: string): string | null;
  /**
   * Begins a stream that no need could name, since its name comes from what was decided. The name must be one that
   * nobody else can come to: a second beginning is a clash of versions.
   */
  begin<State, Command, Event extends DomainEvent>(
    type: StreamType<State, Command, Event>, id: string, command: Command,
  ): readonly Event[];
  row<Row extends object>(state: WriteState<Row>, key: string): Row | undefined;
  /** The rows of a group that was among the needs, as this batch has left them; in order of their keys. */
  rowsIn<Row extends object>(state: WriteState<Row>, group: string, value: string): readonly Row[];
  /** Changes a row; allowed only together with an event, so that no change is without its fact. */
  put<Row extends object>(state: WriteState<Row>, row: Row): void;
  /** Takes a row out, of a table whose rows may be erased; allowed only together with an event. */
  remove<Row extends object>(state: WriteState<Row>, row: Row): void;
}

/** One verb: what it needs, and how it is decided. */
export interface CommandDefinition<Input, Answer extends Json> {
  readonly name: string;
  /** Which lane admits it; orders never wait behind the others. Default `commands`. */
  readonly lane?: string;
  /** Ties the events to an order; default is the command's id. */
  correlationId?(input: Input, commandId: string): string;
  needs(input: Input, commandId: string, actor: Actor): Needs;
  /** Rows that only the loaded streams can name, e.g. the stock of an order's lines. */
  rowsOf?(input: Input, read: Pick<DecisionUnit, "state">): readonly RowsRef[];
  /**
   * What many commands may want at once, e.g. the SKUs of an order. While one of these keys dominates a lane whose queue
   * builds up, its commands get a lane of their own, so that the others do not wait behind its row.
   */
  hotKeys?(input: Input): readonly string[];
  /** Pure. Returns the answer, or throws a `Refusal`. */
  decide(input: Input, unit: DecisionUnit): Answer;
}

/** Names a command; the identity function, there for its types. */
export function defineCommand<Input, Answer extends Json>(
  definition: CommandDefinition<Input, Answer>,
): CommandDefinition<Input, Answer> {
  return definition;
}

/** Ties a write-state table's row type to its SQL; the identity function, there for its types. */
export function defineWriteState<Row extends object>(definition: WriteState<Row>): WriteState<Row> {
  return definition;
}
