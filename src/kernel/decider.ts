import type { DomainEvent } from "./event.js";

/**
 * The rules of one kind of stream, pure: time, ids and chance come in with the command.
 * `decide` returns the new facts, none where there is nothing new to say, or throws a `Refusal`.
 * `evolve` has no default branch, so that the compiler lists a forgotten event.
 */
export interface Decider<State, Command, Event extends DomainEvent> {
  readonly initial: State;
  decide(command: Command, state: State): readonly Event[];
  evolve(state: State, event: Event): State;
}

/** The state after all events, in order. */
export function fold<State, Command, Event extends DomainEvent>(
  decider: Decider<State, Command, Event>,
  events: readonly Event[],
  from: State = decider.initial,
): State {
  return events.reduce((state, event) => decider.evolve(state, event), from);
}

/** A kind of stream: its category, its rules, and how an id becomes a stream's name. */
export interface StreamType<State, Command, Event extends DomainEvent> {
  readonly category: string;
  readonly decider: Decider<State, Command, Event>;
  streamId(id: string): string;
}

/** @param category first part of every stream name, e.g. `order` in `order-0192…` */
export function defineStream<State, Command, Event extends DomainEvent>(
  category: string,
  decider: Decider<State, Command, Event>,
): StreamType<State, Command, Event> {
  return { category, decider, streamId: (id) => `${category}-${id}` };
}
