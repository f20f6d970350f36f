import type { Pool } from "pg";
import type { DeadLettersRedriveRequested } from "../../events/operations.js";
import { defineConsumer } from "../../kernel/consumer.js";
import type { CommandBus } from "../../platform/bus/command-bus.js";
import { readerOf } from "../../platform/dead-letters/dead-letter.js";
import type { JobHandler } from "../../platform/jobs/job-handler.js";
import type { Logger } from "../../platform/log/logger.js";
import { moveAllLetters } from "./dead-letter-all.job.js";

export const redriveConsumer = defineConsumer<DeadLettersRedriveRequested>({ queue: "operations.dead-letters", on: ["DeadLettersRedriveRequested"] });

/** Redrives what had died when it was wished; a repetition goes on with what is left. */
export function redriveHandler({ bus, pool, logger }: { readonly bus: CommandBus; readonly pool: Pool; readonly logger: Logger }): JobHandler<DeadLettersRedriveRequested> {
  const reader = readerOf(pool);
  return async ({ eventId, recordedAt, event: { queue, by } }, { signal }) => {
    const { moved, left } = await moveAllLetters({
      bus, reader, queue, diedBefore: recordedAt, actor: { role: "operator", id: by }, causationId: eventId, signal,
    });
    logger.info({ queue, moved, left: left.length, why: left[0]?.why }, "dead letters were redriven");
  };
}
