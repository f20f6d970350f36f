import type { BreakerCommand, BreakerCondition, BreakerMove } from "../../kernel/breaker.js";
import { defineCommand, type DecisionUnit } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import { breakerStream } from "./breaker.decider.js";
import { breakerState } from "./breaker.write-state.js";

/** What a process wants of a neighbour's breaker, for all processes. Answers with how it stands then, changed or not. */
export const moveBreaker = defineCommand<BreakerMove, BreakerCondition>({
  name: "moveBreaker",
  correlationId: ({ party }) => `breaker:${party}`,
  needs: ({ party }) => ({ streams: [{ type: breakerStream, id: party }] }),
  decide: (move, unit) => execute(unit, { ...move, now: unit.now }),
});

/** What an operator is told of the breaker that was changed. */
export type BreakerAnswer = Pick<BreakerCondition, "state" | "dryRun"> & { readonly party: string };

/** An operator's word on a breaker. Refuses with `BREAKER_UNKNOWN`, which names those that there are, and `NO_REASON`. */
function byHand<Input extends { readonly party: string }>(name: string, wish: (input: Input, by: string) => BreakerMove) {
  return defineCommand<Input, BreakerAnswer>({
    name,
    correlationId: ({ party }) => `breaker:${party}`,
    needs: ({ party }) => ({ streams: [{ type: breakerStream, id: party }], rows: [{ state: breakerState, keys: ["all"], group: "all" }] }),
    decide(input, unit) {
      const { party } = input;
      if (!unit.state(breakerStream, party).installed) throw unknown(unit.rowsIn(breakerState, "all", "all").map((row) => row.party));
      const { state, dryRun } = execute(unit, { ...wish(input, unit.actor.id), now: unit.now });
      return { party, state, dryRun };
    },
  });
}

/** Lets no call through until somebody resets it. */
export const openBreaker = byHand<{ readonly party: string; readonly reason: string }>("openBreaker", ({ party, reason }, by) => ({ type: "HoldOpen", party, reason, by }));

/** Closes it, whatever was seen, and ends a pause that the neighbour asked for. */
export const resetBreaker = byHand<{ readonly party: string }>("resetBreaker", ({ party }, by) => ({ type: "Reset", party, by }));

/** Whether it judges and tells, and lets calls through. */
export const setBreakerDryRun = byHand<{ readonly party: string; readonly dryRun: boolean }>(
  "setBreakerDryRun", ({ party, dryRun }, by) => ({ type: "SetDryRun", party, dryRun, by }),
);

function execute(unit: DecisionUnit, command: BreakerCommand): BreakerCondition {
  const { party } = command;
  const events = unit.execute(breakerStream, party, command);
  const condition = unit.state(breakerStream, party);
  if (events.length > 0) unit.put(breakerState, { party, ...condition });
  return condition;
}

function unknown(parties: readonly string[]): Refusal {
  const known = parties.length === 0 ? "No neighbour has been called yet." : `There are: ${parties.join(", ")}.`;
  return new Refusal("BREAKER_UNKNOWN", `There is no such neighbour. ${known}`, "party");
}
