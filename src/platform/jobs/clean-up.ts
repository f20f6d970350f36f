import type { Pool } from "pg";
import type { PgBoss } from "pg-boss";
import type { Logger } from "../log/logger.js";
import type { QueueDefinition } from "./queue.js";

/** Removes what has been kept long enough, in small steps. */
export const cleanUpQueue: QueueDefinition = {
  name: "platform.clean-up", policy: "stately", retryLimit: 0, retryDelaySeconds: 60, retryDelayMaxSeconds: 600, expireSeconds: 600,
};

interface Kept {
  readonly table: string;
  readonly column: string;
  readonly hours: number;
}

/** On the primary, and on each node a copy: deletes are not replicated, so every node removes its own. */
export const attemptsKept: Kept = { table: "job_attempt", column: "ended_at", hours: 30 * 24 };

/** What the primary keeps, and for how long. Answers are promised for 24 h; twice that is kept. */
const kept: readonly Kept[] = [
  { table: "command_answer", column: "recorded_at", hours: 48 },
  { table: "webhook_inbox", column: "received_at", hours: 30 * 24 },
  attemptsKept,
  // A job that is redriven later than that teaches its lesson twice, at a fraction of its weight.
  { table: "courier_lesson", column: "learnt_at", hours: 60 * 24 },
  { table: "courier_place", column: "claimed_at", hours: 14 * 24 },
];

const stepRows = 5_000;
/** A quarter past every hour. */
const cron = "15 * * * *";

export async function scheduleCleanUp(boss: PgBoss, pool: Pool, logger: Logger): Promise<void> {
  await boss.schedule(cleanUpQueue.name, cron);
  await boss.work(cleanUpQueue.name, async ([job]) => {
    for (const one of kept) await removeOld(pool, one, logger, job?.signal);
  });
}

/** Removes what is older than its time, a small transaction each step, until nothing is left or the signal comes. */
export async function removeOld(pool: Pool, { table, column, hours }: Kept, logger: Logger, signal?: AbortSignal): Promise<void> {
  let removed = stepRows;
  while (removed === stepRows && signal?.aborted !== true) {
    const { rowCount } = await pool.query(
      `DELETE FROM ${table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM ${table} WHERE ${column} < now() - $1 * interval '1 hour' LIMIT $2))`,
      [hours, stepRows],
    );
    removed = rowCount ?? 0;
    if (removed > 0) logger.info({ table, removed }, "old rows removed");
  }
}
