import { expect } from "@jest/globals";
import { fold, type Decider } from "../../src/kernel/decider.js";
import type { DomainEvent } from "../../src/kernel/event.js";
import { Refusal } from "../../src/kernel/refusal.js";

/** What is said of a decider: given these facts, when it is told this, then it says that. */
export interface Expectation<Event extends DomainEvent> {
  then(...expected: readonly Event[]): void;
  thenNothing(): void;
  /** It refuses with that code, and the state is as it was. */
  refuses(code: string): void;
}

/** `given(placed, shipped).when(cancel).refuses("ORDER_NOT_CANCELLABLE")`. */
export function specification<State, Command, Event extends DomainEvent>(decider: Decider<State, Command, Event>) {
  return (...history: readonly Event[]) => ({
    when(command: Command): Expectation<Event> {
      const state = fold(decider, history);
      const before = structuredClone(state);
      const decide = (): readonly Event[] => decider.decide(command, state);
      return {
        then(...expected) {
          const said = decide();
          expect(said).toEqual(expected);
          fold(decider, said, state);
          expect(state).toEqual(before); // a new state is made, the old one is left alone
        },
        thenNothing() {
          expect(decide()).toEqual([]);
        },
        refuses(code) {
          expect(refusalOf(decide)).toBe(code);
          expect(state).toEqual(before);
        },
      };
    },
  });
}

/** The code of the refusal that `act` throws. */
export function refusalOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
  throw new Error("nothing was refused");
}
