import { defineWriteState } from "../../kernel/command.js";
import { lockLettersSql, moveLettersSql, type LetterMove } from "../../platform/dead-letters/move-dead-letters.js";

/** The letters themselves, in pg-boss's table: a letter moves in the transaction of its event, so neither is without the other. */
export const letterState = defineWriteState<LetterMove>({
  table: "dead_letter", rank: 90, loadSql: lockLettersSql, saveSql: moveLettersSql, key: ({ id }) => id,
});

/** Queues that have dead letters; pg-boss's own list. */
export const letterQueueState = defineWriteState<{ readonly queue: string }>({
  table: "dead_letter_queue", rank: 89,
  loadSql: "SELECT left(name, -5) AS queue FROM pgboss.queue WHERE name = ANY(SELECT k || '.dead' FROM unnest($1::text[]) k) ORDER BY name",
  key: ({ queue }) => queue,
});
