import { defineCommand } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import { redriveStream } from "./dead-letter.decider.js";
import { letterQueueState } from "./dead-letter.write-state.js";

/** Wishes that all jobs which have failed for good in a queue go there again. Refuses with `QUEUE_UNKNOWN`. */
export const redriveDeadLetters = defineCommand<{ readonly queue: string }, { readonly queue: string }>({
  name: "redriveDeadLetters",
  needs: ({ queue }, commandId) => ({ newStreams: [{ type: redriveStream, id: commandId }], rows: [{ state: letterQueueState, keys: [queue] }] }),
  decide({ queue }, unit) {
    if (!unit.row(letterQueueState, queue)) throw new Refusal("QUEUE_UNKNOWN", "There is no such queue.", "queue");
    unit.execute(redriveStream, unit.commandId, { type: "RequestRedrive", queue, by: unit.actor.id });
    return { queue };
  },
});
