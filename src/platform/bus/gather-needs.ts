import type { DecisionUnit, RowsRef, StreamRef, WriteState } from "../../kernel/command.js";
import type { StreamType } from "../../kernel/decider.js";
import type { DomainEvent } from "../../kernel/event.js";
import type { StreamInMemory } from "./decide-batch.js";
import type { PendingCommand } from "./pending-command.js";

export interface GatheredStreams {
  readonly existing: ReadonlyMap<string, StreamRef>;
  readonly fresh: readonly StreamRef[];
}

/** @param readNewStreams after a clash of versions: streams that were believed to be new are read as well */
export function gatherStreams(commands: readonly PendingCommand[], readNewStreams: boolean): GatheredStreams {
  const existing = new Map<string, StreamRef>();
  const fresh: StreamRef[] = [];
  for (const { needs } of commands) {
    for (const ref of needs.streams ?? []) existing.set(ref.type.streamId(ref.id), ref);
    for (const ref of needs.newStreams ?? []) {
      if (readNewStreams) existing.set(ref.type.streamId(ref.id), ref);
      else fresh.push(ref);
    }
  }
  return { existing, fresh };
}

/** All rows of the batch by rank: the lock order; of a table those that are found by a group come last, since they may be what nobody else has locked. `streams` is null where no command names rows by its streams. */
export function gatherRows(commands: readonly PendingCommand[], streams: ReadonlyMap<string, StreamInMemory> | null): readonly RowsRef[] {
  const gathered = new Map<string, { readonly ref: RowsRef; readonly keys: Set<string> }>();
  for (const command of commands) {
    for (const ref of rowsNeededBy(command, streams)) {
      const name = nameOfRows(ref);
      let known = gathered.get(name);
      if (!known) gathered.set(name, known = { ref, keys: new Set() });
      for (const key of ref.keys) known.keys.add(key);
    }
  }
  return [...gathered.values()]
    .map(({ ref, keys }) => ({ ...ref, keys: [...keys] }))
    .sort((a, b) => (a.state as WriteState<object>).rank - (b.state as WriteState<object>).rank || Number(a.group !== undefined) - Number(b.group !== undefined));
}

/** Tells kinds of loads apart: by table, and by group where rows are found by one. */
export function nameOfRows({ state, group }: RowsRef): string {
  const { table } = state as WriteState<object>;
  return group === undefined ? table : `${table}_by_${group}`;
}

/** The rows that one command needs, by its input and by what its streams say. */
export function rowsNeededBy(
  { definition, input, needs }: PendingCommand, streams: ReadonlyMap<string, StreamInMemory> | null,
): readonly RowsRef[] {
  const byInput = needs.rows ?? [];
  if (!streams || !definition.rowsOf) return byInput;
  return [...byInput, ...definition.rowsOf(input, readerOf(streams))];
}

function readerOf(streams: ReadonlyMap<string, StreamInMemory>): Pick<DecisionUnit, "state"> {
  return {
    state<State, Command, Event extends DomainEvent>(type: StreamType<State, Command, Event>, id: string): State {
      return (streams.get(type.streamId(id))?.state ?? type.decider.initial) as State;
    },
  };
}
