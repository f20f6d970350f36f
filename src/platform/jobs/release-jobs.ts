import type { Pool } from "pg";

/**
 * Gives back the jobs that a killed process had taken, so that they need not wait until its silence is noticed.
 * Only for a process that knows itself alone, as the embedded one does by its directory's lock. The attempt counts: what it
 * did outside is known to nobody here.
 * @returns how many were given back
 */
export async function releaseActiveJobs(pool: Pool): Promise<number> {
  const { rowCount } = await pool.query(
    "UPDATE pgboss.job SET state = 'retry', start_after = now(), heartbeat_on = NULL WHERE state = 'active'",
  );
  return rowCount ?? 0;
}
