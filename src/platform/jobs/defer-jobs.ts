import type { Pool } from "pg";
import { GatewayError } from "../http-client/gateway-error.js";
import { NotYet } from "./in-turn.js";

/** A job that comes again at a time of its own. */
export interface Deferral {
  readonly jobId: string;
  /** pg-boss's count of the attempt under way: whoever has taken the job since has another. */
  readonly retryCount: number;
  readonly seconds: number;
  /** False where nothing was reached: the job keeps its attempt. */
  readonly counted: boolean;
  readonly error: string;
}

/** Sooner would be while the batch it came with is being settled. */
const leastSeconds = 1;
const jitterMaxSeconds = 30;

/**
 * When a job is worth trying again, where its failure says so: never before that time, and with full jitter after it, so that
 * those who were sent away together do not come back together. Null where the queue's own limits say when.
 */
export function deferralOf(thrown: unknown): Pick<Deferral, "seconds" | "counted"> | null {
  if (thrown instanceof NotYet) return { seconds: thrown.seconds, counted: false };
  const failure = thrown instanceof Error && thrown.cause instanceof GatewayError && !(thrown instanceof GatewayError) ? thrown.cause : thrown;
  if (!(failure instanceof GatewayError) || failure.retryAfterSeconds === undefined) return null;
  const seconds = Math.max(leastSeconds, failure.retryAfterSeconds);
  return { seconds: seconds + Math.random() * Math.min(seconds, jitterMaxSeconds), counted: !failure.heldBack };
}

/**
 * Gives the jobs of a batch back before the batch is settled, one statement for all of them: pg-boss settles only what is
 * still active, so it leaves these alone. An attempt that counts waits at least as long as pg-boss would have it wait, by the
 * same formula; one that does not looks as if it had never begun, which is how pg-boss knows not to count it. A waiting job is
 * kept for as long after its new time as after its old one.
 */
export async function deferJobs(pool: Pool, queue: string, deferrals: readonly Deferral[]): Promise<void> {
  if (deferrals.length === 0) return;
  await pool.query({
    name: "jobs_defer",
    text: `UPDATE pgboss.job AS j SET
        state = 'retry', heartbeat_on = NULL, started_on = CASE WHEN d.counted THEN j.started_on END, output = jsonb_build_object('message', d.error),
        start_after = now() + interval '1 s' * greatest(d.seconds, CASE WHEN d.counted AND j.retry_backoff
          THEN least(j.retry_delay_max, greatest(j.retry_delay, 1) * 2 ^ least(16, j.retry_count + 1) / 2 * (1 + random())) ELSE 0 END),
        keep_until = j.keep_until + (now() + interval '1 s' * d.seconds - j.start_after)
      FROM json_to_recordset($2::json) AS d ("jobId" uuid, "retryCount" integer, seconds float8, counted boolean, error text)
      WHERE j.name = $1 AND j.id = d."jobId" AND j.retry_count = d."retryCount" AND j.state = 'active'`,
    values: [queue, JSON.stringify(deferrals)],
  });
}
