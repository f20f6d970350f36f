import { defineCommand, type DecisionUnit } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import type { LetterMove } from "../../platform/dead-letters/move-dead-letters.js";
import { deadLetterStream, type DeadLetterCommand, type LetterPlace } from "./dead-letter.decider.js";
import { letterState } from "./dead-letter.write-state.js";
import { obstacleOf } from "./dead-letter-obstacle.js";

/** A letter of the primary. */
export interface LetterChoice {
  readonly deadLetterId: string;
  /** What the event is tied to: the order, where the job says so; null where the letter is not known. */
  readonly correlationId: string | null;
}

export interface RedriveDeadLetter extends LetterChoice {
  /** How long the job has to wait before it may run; 0 where absent. */
  readonly afterSeconds?: number;
}

export interface DiscardDeadLetter extends LetterChoice {
  readonly reason: string;
}

/** What became of a letter. */
export type MovedLetter = { readonly queue: string | null; readonly jobId: string };

const needsOf = ({ deadLetterId }: LetterChoice) => ({
  streams: [{ type: deadLetterStream, id: deadLetterId }], rows: [{ state: letterState, keys: [deadLetterId] }],
});
const correlationId = ({ correlationId: id }: LetterChoice, commandId: string): string => id ?? commandId;

/**
 * Puts a dead letter's job into its queue again. Who asks for what was done is told the same.
 * Refuses with `DEAD_LETTER_UNKNOWN`, `DEAD_LETTER_GONE` (discarded), `REDRIVE_BLOCKED`.
 */
export const redriveDeadLetter = defineCommand<RedriveDeadLetter, MovedLetter>({
  name: "redriveDeadLetter",
  correlationId,
  needs: needsOf,
  decide({ deadLetterId, afterSeconds = 0 }, unit) {
    const letter = unit.row(letterState, deadLetterId);
    const obstacle = letter?.fate === null ? obstacleOf(letter) : null;
    if (obstacle !== null) throw new Refusal("REDRIVE_BLOCKED", obstacle, "deadLetterId");
    return settle(unit, letter, { type: "Redrive", deadLetterId, ...placeOf(unit, deadLetterId, letter) }, { fate: "redrive", afterSeconds });
  },
});

/** Takes a dead letter away; what remains is the event. Refuses with `DEAD_LETTER_UNKNOWN`, `DEAD_LETTER_GONE` (redriven), `NO_REASON`. */
export const discardDeadLetter = defineCommand<DiscardDeadLetter, MovedLetter>({
  name: "discardDeadLetter",
  correlationId,
  needs: needsOf,
  decide({ deadLetterId, reason }, unit) {
    const letter = unit.row(letterState, deadLetterId);
    return settle(unit, letter, { type: "Discard", deadLetterId, reason, ...placeOf(unit, deadLetterId, letter) }, { fate: "discard", afterSeconds: 0 });
  },
});

/** A letter's place: where it lies, or where it lay by what was said of it. */
function placeOf(unit: DecisionUnit, deadLetterId: string, letter: LetterMove | undefined): LetterPlace {
  if (letter) return { server: "primary", queue: letter.queue, jobId: letter.jobId };
  const before = unit.state(deadLetterStream, deadLetterId);
  if (before.status === "absent") throw new Refusal("DEAD_LETTER_UNKNOWN", "There is no such dead letter.", "deadLetterId");
  return before;
}

function settle(unit: DecisionUnit, letter: LetterMove | undefined, command: DeadLetterCommand, move: Pick<LetterMove, "fate" | "afterSeconds">): MovedLetter {
  const events = unit.execute(deadLetterStream, command.deadLetterId, command);
  if (letter && events.length > 0) unit.put(letterState, { ...letter, ...move });
  return { queue: command.queue, jobId: command.jobId };
}

/** Says what is done with a letter of a read node, which has no command bus: said first, then done; both may be repeated. */
export const tellNodeLetter = defineCommand<DeadLetterCommand & { readonly correlationId: string }, MovedLetter>({
  name: "tellNodeLetter",
  correlationId: ({ correlationId: id }) => id,
  needs: ({ deadLetterId }) => ({ streams: [{ type: deadLetterStream, id: deadLetterId }] }),
  decide({ correlationId: _, ...command }, unit) {
    unit.execute(deadLetterStream, command.deadLetterId, command);
    return { queue: command.queue, jobId: command.jobId };
  },
});
