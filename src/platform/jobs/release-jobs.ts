import type { Pool } from "pg";

/**
 * Gives back the jobs that a killed process had taken, so that they need not wait until its silence is noticed.
 * Only for a process that knows itself alone, as the embedded one does by its directory's lock.
 * @returns how many were given back
 */
export async function releaseActiveJobs(pool: Pool): Promise<number> {
  const { rowCount } = await pool.query(
    "UPDATE pgboss.job SET state = 'retry', start_after = now(), started_on = NULL, heartbeat_on = NULL WHERE state = 'active'",
  );
  return rowCount ?? 0;
}
