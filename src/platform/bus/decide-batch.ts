import type { DecisionUnit, RowGroup, WriteState } from "../../kernel/command.js";
import type { StreamType } from "../../kernel/decider.js";
import type { DomainEvent, EventMetadata } from "../../kernel/event.js";
import type { Json } from "../../kernel/json.js";
import { Refusal, UnknownRefusal, type RefusalAnswer } from "../../kernel/refusal.js";
import { nameOfRows } from "./gather-needs.js";
import { principalOf, type PendingCommand } from "./pending-command.js";

/** A stream as the batch has it in memory. */
export interface StreamInMemory {
  readonly category: string;
  readonly state: unknown;
  readonly version: number;
  /** Position of its last event, decimal; "0" for a stream that begins now, null where this batch has just added to it. */
  readonly headPosition: string | null;
  /** When its first event was recorded, RFC 3339; null for a stream that begins now. */
  readonly begunAt: string | null;
}

/** All that was loaded, as the commands decided so far have left it. */
export interface BatchState {
  readonly streams: Map<string, StreamInMemory>;
  /** Rows by table and key. */
  readonly rows: Map<string, Map<string, object>>;
  /** Keys of the rows that were found by a group: by the name of the load, and the group's value. */
  readonly groups: Map<string, Map<string, Set<string>>>;
  readonly changed: Map<WriteState<object>, Set<string>>;
  readonly now: string;
}

/** An event that is to be kept. */
export interface NewEvent {
  readonly category: string;
  readonly streamId: string;
  readonly version: number;
  readonly event: DomainEvent;
  readonly metadata: EventMetadata;
}

/** What one command came to. */
export interface Decision {
  readonly command: PendingCommand;
  readonly answer: Json;
  readonly refusal: RefusalAnswer | null;
  /** Where the command had nothing new to say: the head of the stream it looked at, null for that of this very transaction. */
  readonly headPosition: string | null;
  readonly events: readonly NewEvent[];
}

/**
 * Decides one command on what the batch has in memory. A refusal leaves no trace but its answer.
 * @throws anything but a `Refusal`: a bug, which touches no other command of the batch
 */
export function decideCommand(command: PendingCommand, batch: BatchState): Decision {
  const overlay = new Overlay(command, batch);
  try {
    const answer = command.definition.decide(command.input, overlay);
    overlay.keep();
    return { command, answer, refusal: null, headPosition: overlay.headPosition, events: overlay.events };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, message, field } = error;
    const headPosition = error instanceof UnknownRefusal ? "0" : overlay.headPosition;
    return { command, answer: null, refusal: { code, message, field }, headPosition, events: [] };
  }
}

/** What one command changes, laid over the batch until it is known to be accepted whole. */
class Overlay implements DecisionUnit {
  readonly #command: PendingCommand;
  readonly #batch: BatchState;
  readonly #streams = new Map<string, StreamInMemory>();
  readonly #rows = new Map<WriteState<object>, Map<string, object>>();
  readonly #metadata: EventMetadata;
  readonly events: NewEvent[] = [];
  headPosition: string | null = "0";

  constructor(command: PendingCommand, batch: BatchState) {
    const { definition, input, envelope, commandId } = command;
    this.#command = command;
    this.#batch = batch;
    this.#metadata = {
      actor: principalOf(envelope),
      command: definition.name,
      correlationId: definition.correlationId?.(input, commandId) ?? commandId,
      causationId: envelope.causationId ?? commandId,
      ...(envelope.traceparent === undefined ? {} : { traceparent: envelope.traceparent }),
    };
  }

  get now(): string {
    return this.#batch.now;
  }

  get commandId(): string {
    return this.#command.commandId;
  }

  get actor(): DecisionUnit["actor"] {
    return this.#command.envelope.actor;
  }

  state<State, Command, Event extends DomainEvent>(type: StreamType<State, Command, Event>, id: string): State {
    return this.#stream(type.streamId(id)).state as State;
  }

  execute<State, Command, Event extends DomainEvent>(
    type: StreamType<State, Command, Event>, id: string, command: Command,
  ): readonly Event[] {
    const streamId = type.streamId(id);
    const stream = this.#stream(streamId);
    const events = type.decider.decide(command, stream.state as State);
    let { version } = stream;
    let state = stream.state as State;
    for (const event of events) {
      version += 1;
      state = type.decider.evolve(state, event);
      this.events.push({ category: type.category, streamId, version, event, metadata: this.#metadata });
    }
    if (events.length > 0) {
      this.#streams.set(streamId, { ...stream, state, version, headPosition: null, begunAt: stream.begunAt ?? this.now });
    }
    return events;
  }

  begunAt<State, Command, Event extends DomainEvent>(type: StreamType<State, Command, Event>, id: string): string | null {
    return this.#stream(type.streamId(id)).begunAt;
  }

  begin<State, Command, Event extends DomainEvent>(
    type: StreamType<State, Command, Event>, id: string, command: Command,
  ): readonly Event[] {
    this.#streams.set(type.streamId(id), { category: type.category, state: type.decider.initial, version: 0, headPosition: "0", begunAt: null });
    return this.execute(type, id, command);
  }

  row<Row extends object>(state: WriteState<Row>, key: string): Row | undefined {
    const found = this.#rows.get(state)?.get(key) ?? this.#batch.rows.get(state.table)?.get(key);
    return found && !isErased(found) ? found as Row : undefined;
  }

  rowsIn<Row extends object>(state: WriteState<Row>, group: string, value: string): readonly Row[] {
    const definition = groupOf(state, group);
    const found = this.#batch.groups.get(nameOfRows({ state, keys: [], group }));
    if (!found) throw new Error(`${this.#command.definition.name} did not name ${state.table} by ${group} among its needs`);
    const own = [...this.#rows.get(state) ?? []].filter(([, row]) => definition.of(row as Row) === value).map(([key]) => key);
    const keys = [...new Set([...found.get(value) ?? [], ...own])].sort();
    // A row may have left its group since it was found.
    return keys.map((key) => this.row(state, key)).filter((row) => row !== undefined).filter((row) => definition.of(row) === value);
  }

  put<Row extends object>(state: WriteState<Row>, row: Row): void {
    const table = state as unknown as WriteState<object>;
    if (!table.saveSql) throw new Error(`${this.#command.definition.name} changes ${table.table}, which is only read`);
    const rows = this.#rows.get(table) ?? new Map<string, object>();
    rows.set(state.key(row), row);
    this.#rows.set(table, rows);
  }

  remove<Row extends object>(state: WriteState<Row>, row: Row): void {
    this.put(state, { ...row, erased: true });
  }

  /** @throws Error where rows were changed and nothing was said of it: a bug that would lose the books' balance */
  keep(): void {
    if (this.#rows.size > 0 && this.events.length === 0) {
      throw new Error(`${this.#command.definition.name} changed rows without an event`);
    }
    for (const [streamId, stream] of this.#streams) this.#batch.streams.set(streamId, stream);
    for (const [state, rows] of this.#rows) {
      const loaded = this.#batch.rows.get(state.table) ?? new Map<string, object>();
      const changed = this.#batch.changed.get(state) ?? new Set<string>();
      for (const [key, row] of rows) {
        loaded.set(key, row);
        changed.add(key);
        putInGroups(this.#batch, state, key, row);
      }
      this.#batch.rows.set(state.table, loaded);
      this.#batch.changed.set(state, changed);
    }
  }

  #stream(streamId: string): StreamInMemory {
    const stream = this.#streams.get(streamId) ?? this.#batch.streams.get(streamId);
    if (!stream) throw new Error(`${this.#command.definition.name} did not name the stream ${streamId} among its needs`);
    this.headPosition = later(this.headPosition, stream.headPosition);
    return stream;
  }
}

/** Puts a row's key where later commands of the batch look for it by group. */
export function putInGroups({ groups }: Pick<BatchState, "groups">, state: WriteState<object>, key: string, row: object): void {
  for (const [group, definition] of Object.entries(state.groups ?? {})) {
    const found = groups.get(nameOfRows({ state, keys: [], group }));
    const value = found ? definition.of(row) : null;
    if (!found || value === null) continue;
    const keys = found.get(value);
    if (keys) keys.add(key);
    else found.set(value, new Set([key]));
  }
}

export function groupOf<Row extends object>({ table, groups }: WriteState<Row>, group: string): RowGroup<Row> {
  const found = groups?.[group];
  if (!found) throw new Error(`${table} has no group ${group}`);
  return found;
}

function isErased(row: object): boolean {
  return (row as { readonly erased?: unknown }).erased === true;
}

/** The later of two heads; null, this transaction's own, is later than any. */
function later(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return null;
  return BigInt(other) > BigInt(one) ? other : one;
}
