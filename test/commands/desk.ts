import type { Actor, CommandDefinition, RowsRef, WriteState } from "../../src/kernel/command.js";
import { fold } from "../../src/kernel/decider.js";
import type { DomainEvent } from "../../src/kernel/event.js";
import type { Json } from "../../src/kernel/json.js";
import { decideCommand, putInGroups, type BatchState, type Decision, type StreamInMemory } from "../../src/platform/bus/decide-batch.js";
import { nameOfRows, rowsNeededBy } from "../../src/platform/bus/gather-needs.js";
import { commandIdOf, type PendingCommand } from "../../src/platform/bus/pending-command.js";

/** A shop in memory, with the bus' own deciding and nothing else of it: its clock stands where the test puts it. */
export class Desk {
  now = "2026-01-01T12:00:00.000Z";
  readonly #rows = new Map<WriteState<object>, Map<string, object>>();
  readonly #events = new Map<string, DomainEvent[]>();
  #keys = 0;

  /** Decides a command on all that was decided before. What it changes is kept where it was accepted. */
  send<Input, Answer extends Json>(definition: CommandDefinition<Input, Answer>, input: Input, actor: Actor = { role: "operator", id: "op" }, idempotencyKey = `key-${String(this.#keys += 1)}`): Decision & { readonly answer: Answer } {
    const envelope = { actor, idempotencyKey };
    const commandId = commandIdOf(definition.name, envelope);
    const needs = definition.needs(input, commandId, actor);
    const command = { definition, input, needs, envelope, commandId, payloadHash: "", resolve: () => undefined, reject: () => undefined } as unknown as PendingCommand;
    const streams = new Map<string, StreamInMemory>();
    for (const { type, id } of [...needs.streams ?? [], ...needs.newStreams ?? []]) {
      const events = this.#events.get(type.streamId(id)) ?? [];
      streams.set(type.streamId(id), { category: type.category, state: fold(type.decider, events), version: events.length, headPosition: "1", begunAt: events.length > 0 ? this.now : null });
    }
    const batch: BatchState = { streams, rows: new Map(), groups: new Map(), changed: new Map(), now: this.now };
    for (const ref of rowsNeededBy(command, streams)) this.#load(ref, batch);
    const decision = decideCommand(command, batch);
    for (const { streamId, event } of decision.events) this.#events.set(streamId, [...this.#events.get(streamId) ?? [], event]);
    for (const [state, keys] of batch.changed) for (const key of keys) this.#save(state, key, batch.rows.get(state.table)?.get(key));
    return decision as Decision & { readonly answer: Answer };
  }

  /** Rows as they are now, in order of their keys. */
  all<Row extends object>(state: WriteState<Row>): readonly Row[] {
    const rows = this.#rows.get(state) ?? new Map<string, object>();
    return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row as Row);
  }

  row<Row extends object>(state: WriteState<Row>, key: string): Row | undefined {
    return this.#rows.get(state)?.get(key) as Row | undefined;
  }

  put<Row extends object>(state: WriteState<Row>, row: Row): void {
    this.#save(state, state.key(row), row);
  }

  /** Events of all streams of a category. */
  streams(category: string): readonly (readonly DomainEvent[])[] {
    return [...this.#events].filter(([streamId]) => streamId.startsWith(`${category}-`)).map(([, events]) => events);
  }

  /** So many milliseconds later. */
  later(milliseconds: number): void {
    this.now = new Date(Date.parse(this.now) + milliseconds).toISOString();
  }

  #load(ref: RowsRef, batch: BatchState): void {
    const state = ref.state as WriteState<object>;
    const known = batch.rows.get(state.table) ?? new Map<string, object>();
    batch.rows.set(state.table, known);
    const group = ref.group === undefined ? null : state.groups?.[ref.group];
    if (ref.group !== undefined && !batch.groups.has(nameOfRows(ref))) batch.groups.set(nameOfRows(ref), new Map());
    for (const [key, row] of this.#rows.get(state) ?? []) {
      const value = group ? group.of(row) : key;
      if (value === null || !ref.keys.includes(value)) continue;
      known.set(key, row);
      putInGroups(batch, state, key, row);
    }
  }

  #save(state: WriteState<object>, key: string, row: object | undefined): void {
    const rows = this.#rows.get(state) ?? new Map<string, object>();
    if (!row || (row as { erased?: true }).erased) rows.delete(key);
    else rows.set(key, row);
    this.#rows.set(state, rows);
  }
}
