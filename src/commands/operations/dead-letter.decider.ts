import type { DeadLetterEvent, DeadLettersRedriveRequested } from "../../events/operations.js";
import { defineStream, type Decider } from "../../kernel/decider.js";
import { Refusal } from "../../kernel/refusal.js";

/** Where a letter's job came from. */
export interface LetterPlace {
  readonly server: string;
  readonly queue: string | null;
  readonly jobId: string;
}

type Letter =
  | { readonly status: "absent" }
  | ({ readonly status: "REDRIVEN" | "DISCARDED" } & LetterPlace);

export type DeadLetterCommand = { readonly deadLetterId: string } & LetterPlace & (
  | { readonly type: "Redrive" }
  | { readonly type: "Discard"; readonly reason: string }
);

/** A letter is put back or thrown away, once. */
export const deadLetterDecider: Decider<Letter, DeadLetterCommand, DeadLetterEvent> = {
  initial: { status: "absent" },
  decide(command, letter) {
    const { deadLetterId, server, queue, jobId } = command;
    switch (command.type) {
      case "Redrive":
        if (letter.status === "DISCARDED") throw new Refusal("DEAD_LETTER_GONE", "Somebody has discarded it.", "deadLetterId");
        return letter.status === "REDRIVEN" ? [] : [{ type: "DeadLetterRedriven", deadLetterId, server, queue, jobId }];
      case "Discard":
        if (letter.status === "REDRIVEN") throw new Refusal("DEAD_LETTER_GONE", "Somebody has put its job into its queue again.", "deadLetterId");
        if (letter.status === "DISCARDED") return [];
        if (command.reason.trim() === "") throw new Refusal("NO_REASON", "Say why: whoever looks for the job later will ask.", "reason");
        return [{ type: "DeadLetterDiscarded", deadLetterId, server, queue, jobId, reason: command.reason }];
    }
  },
  evolve(_letter, { type, server, queue, jobId }) {
    switch (type) {
      case "DeadLetterRedriven": return { status: "REDRIVEN", server, queue, jobId };
      case "DeadLetterDiscarded": return { status: "DISCARDED", server, queue, jobId };
    }
  },
};

export const deadLetterStream = defineStream("dead_letter", deadLetterDecider);

export interface RequestRedrive extends Omit<DeadLettersRedriveRequested, "type"> {
  readonly type: "RequestRedrive";
}

/** A wish for all letters of a queue; one stream a wish. */
const redriveDecider: Decider<null, RequestRedrive, DeadLettersRedriveRequested> = {
  initial: null,
  decide: ({ queue, by }) => [{ type: "DeadLettersRedriveRequested", queue, by }],
  evolve: () => null,
};

export const redriveStream = defineStream("dead_letter_redrive", redriveDecider);
