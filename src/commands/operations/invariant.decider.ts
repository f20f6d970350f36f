import type { InvariantEvent } from "../../events/operations.js";
import { defineStream, type Decider } from "../../kernel/decider.js";

interface Invariant {
  readonly broken: boolean;
}

export type InvariantCommand =
  | { readonly type: "Break"; readonly law: string; readonly key: string; readonly found: string; readonly now: string }
  | { readonly type: "Mend"; readonly law: string; readonly key: string; readonly now: string };

/** One stream a law and key: broken once until it is mended, however often somebody sees it. */
export const invariantDecider: Decider<Invariant, InvariantCommand, InvariantEvent> = {
  initial: { broken: false },
  decide(command, { broken }) {
    const { law, key, now: at } = command;
    switch (command.type) {
      case "Break": return broken ? [] : [{ type: "InvariantBroken", law, key, found: command.found, at }];
      case "Mend": return broken ? [{ type: "InvariantMended", law, key, at }] : [];
    }
  },
  evolve(_invariant, event) {
    switch (event.type) {
      case "InvariantBroken": return { broken: true };
      case "InvariantMended": return { broken: false };
    }
  },
};

export const invariantStream = defineStream("invariant", invariantDecider);

export function invariantId({ law, key }: { readonly law: string; readonly key: string }): string {
  return `${law}:${key}`;
}
