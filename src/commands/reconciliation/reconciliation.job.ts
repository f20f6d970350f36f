import type { Pool } from "pg";
import { nameId } from "../../kernel/ids.js";
import type { DataJobHandler } from "../../platform/jobs/job-handler.js";
import { effectQueue, type QueueDefinition } from "../../platform/jobs/queue.js";
import type { MovedPayments } from "./moved-payments.reader.js";
import { reconciliationId, reconciliationStream } from "./reconciliation.decider.js";
import { beginDay, reconcileNext, type DayParts, type Progress } from "./reconcile-day.job.js";
import { beginOf, dayOf, daysBefore, isDay } from "./shop-day.calendar.js";

/** One job a span: each writes the next one, so that a restart goes on where it was. A span with a rush takes minutes. */
export const reconciliationQueue: QueueDefinition = { ...effectQueue("reconciliation.day"), expireSeconds: 900 };

/** Nights that a shop may have slept through: so many days back a day is compared that no run has compared whole. */
const daysBack = 3;

/** What the schedule sends says nothing; what a step sends says how far it came. */
export type ReconciliationJob = Partial<Progress>;

export interface ReconciliationJobs extends Omit<DayParts, "moved"> {
  /** Opens the read nodes, for one step. */
  readonly openMoved: () => Promise<MovedPayments & { close(): Promise<void> }>;
  /** Told when a run over a day came to its end. */
  readonly onFinished: (progress: Progress) => void;
}

export function reconciliationHandler(jobs: ReconciliationJobs): DataJobHandler<ReconciliationJob> {
  return async (job, { jobId, signal }) => {
    if (!isProgress(job)) return beginDays(jobs, jobId);
    const { openMoved, onFinished, ...parts } = jobs;
    const moved = await openMoved();
    try {
      const { progress, finished } = await reconcileNext({ ...parts, moved }, job, signal);
      if (finished) onFinished(progress);
      else await enqueueSteps(jobs.pool, [progress]);
    } finally {
      await moved.close();
    }
  };
}

/** Begins with the day before; and with those before it that nobody has compared whole: a run of a day that was not over yet saw a part of it. */
async function beginDays({ pool, provider, timeZone }: ReconciliationJobs, jobId: string): Promise<void> {
  const now = Date.now();
  const today = dayOf(now, timeZone);
  const days = Array.from({ length: daysBack }, (_, index) => daysBefore(today, index + 1));
  const { rows } = await pool.query<{ stream_id: string }>(
    `SELECT DISTINCT stream_id FROM event_log JOIN unnest($1::text[], $2::timestamptz[]) AS day (stream, ends_at) ON stream_id = stream
     WHERE (data->>'beganAt')::timestamptz >= ends_at`,
    [days.map((day) => streamOf(provider.name, day)), days.map((day) => beginOf(daysBefore(day, -1), timeZone))]);
  const finished = new Set(rows.map(({ stream_id }) => stream_id));
  const missing = days.filter((day) => !finished.has(streamOf(provider.name, day)));
  await enqueueSteps(pool, missing.map((day) => beginDay(day, nameId("reconciliation", jobId, day), timeZone, new Date(now).toISOString())));
}

function streamOf(provider: string, day: string): string {
  return reconciliationStream.streamId(reconciliationId(provider, day));
}

/** A step that is repeated writes the same job again, and there is one. */
export async function enqueueSteps(pool: Pool, steps: readonly Progress[]): Promise<void> {
  await pool.query("SELECT enqueue_jobs($1::uuid[], $2::text[], $3::jsonb[], $4::float8[])", [
    steps.map(({ run, from }) => nameId("reconciliation step", run, from)), steps.map(() => reconciliationQueue.name),
    steps.map((step) => JSON.stringify(step)), steps.map(() => 0),
  ]);
}

/** Somebody may have made the job by hand. */
function isProgress(job: ReconciliationJob): job is Progress {
  const { day, run, from, beganAt, compared, found, repaired } = job;
  if (day === undefined) return false;
  const isSound = isDay(day) && typeof run === "string" && typeof from === "string" && typeof beganAt === "string"
    && [compared, found, repaired].every(Number.isInteger);
  if (!isSound) throw new Error("the job does not say how far its reconciliation came");
  return true;
}
