import type { Pool } from "pg";
import type { DeadLetterRedriveEvent } from "../../events/operations.js";
import { defineCommand, defineWriteState } from "../../kernel/command.js";
import { defineConsumer } from "../../kernel/consumer.js";
import { defineStream, type Decider } from "../../kernel/decider.js";
import { Refusal } from "../../kernel/refusal.js";
import type { CommandBus } from "../../platform/bus/command-bus.js";
import { readerOf } from "../../platform/dead-letters/dead-letter.js";
import type { JobHandler } from "../../platform/jobs/job-handler.js";
import type { Logger } from "../../platform/log/logger.js";
import { deadLetterQueueOf } from "../../platform/postgres/job-schema.js";
import { moveAllLetters } from "./dead-letter-all.js";

/** One stream a wish. */
const redriveDecider: Decider<null, DeadLetterRedriveEvent, DeadLetterRedriveEvent> = {
  initial: null,
  decide: (wish) => [wish],
  evolve: () => null,
};
const redriveStream = defineStream("dead_letter_redrive", redriveDecider);

/** pg-boss's own list. */
const queueRows = defineWriteState<{ readonly name: string }>({
  table: "dead_letter_queue", rank: 89, loadSql: "SELECT name FROM pgboss.queue WHERE name = ANY($1::text[]) ORDER BY name", key: ({ name }) => name,
});

/** Wishes that all jobs which have failed for good in a queue go there again. Refuses with `QUEUE_UNKNOWN`. */
export const redriveDeadLetters = defineCommand<{ readonly queue: string }, { readonly queue: string }>({
  name: "redriveDeadLetters",
  needs: ({ queue }, commandId) => ({ newStreams: [{ type: redriveStream, id: commandId }], rows: [{ state: queueRows, keys: [deadLetterQueueOf(queue)] }] }),
  decide({ queue }, unit) {
    if (!unit.row(queueRows, deadLetterQueueOf(queue))) throw new Refusal("QUEUE_UNKNOWN", "There is no such queue.", "queue");
    unit.execute(redriveStream, unit.commandId, { type: "DeadLettersRedriveRequested", queue, by: unit.actor.id });
    return { queue };
  },
});

export const redriveConsumer = defineConsumer<DeadLetterRedriveEvent>({ queue: "operations.dead-letters", on: ["DeadLettersRedriveRequested"] });

/** Redrives what had died when it was wished; a repetition goes on with what is left. */
export function redriveHandler({ bus, pool, logger }: { readonly bus: CommandBus; readonly pool: Pool; readonly logger: Logger }): JobHandler<DeadLetterRedriveEvent> {
  const reader = readerOf(pool);
  return async ({ eventId, recordedAt, event: { queue, by } }, { signal }) => {
    const { moved, left } = await moveAllLetters({
      bus, reader, queue, diedBefore: recordedAt, actor: { role: "operator", id: by }, causationId: eventId, signal,
    });
    logger.info({ queue, moved, left: left.length, why: left[0]?.why }, "dead letters were redriven");
  };
}
