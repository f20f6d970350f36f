import type { Pool } from "pg";
import { nameId } from "../../kernel/ids.js";

/** One attempt of one job, for the trace of what it belongs to. */
export interface JobAttempt {
  readonly jobId: string;
  readonly queue: string;
  readonly correlationId: string;
  readonly attempt: number;
  /** `failed` is tried again, `dead` is not; `deferred` reached nobody and does not count. */
  readonly outcome: "completed" | "failed" | "dead" | "deferred";
  readonly error: string | null;
  /** RFC 3339, by the worker's clock. */
  readonly startedAt: string;
  readonly endedAt: string;
}

/**
 * Written before the jobs are settled: an attempt that is repeated after a crash is recorded once a worker. One that is
 * deferred is recorded once however often: a queue that waits out an outage leaves no trail.
 */
export async function recordAttempts(pool: Pool, attempts: readonly JobAttempt[]): Promise<void> {
  const rows = attempts.map((attempt) => ({
    ...attempt, id: nameId(attempt.jobId, String(attempt.attempt), attempt.outcome === "deferred" ? "deferred" : attempt.startedAt),
  }));
  await pool.query({
    name: "jobs_attempts",
    text: `INSERT INTO job_attempt (id, job_id, queue, correlation_id, attempt, outcome, error, started_at, ended_at)
      SELECT "id", "jobId", "queue", "correlationId", "attempt", "outcome", "error", "startedAt", "endedAt"
      FROM json_to_recordset($1::json) AS r ("id" uuid, "jobId" uuid, "queue" text, "correlationId" text, "attempt" integer,
        "outcome" text, "error" text, "startedAt" timestamptz, "endedAt" timestamptz)
      ON CONFLICT DO NOTHING`,
    values: [JSON.stringify(rows)],
  });
}
