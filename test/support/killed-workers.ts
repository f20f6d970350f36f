import { withClient } from "../../src/platform/postgres/connection.js";

const missedAfterSeconds = 3;

/** For processes whose workers a test kills: they look for jobs of the killed as often as pg-boss can. */
export const looksForKilledWorkers = { JOB_RESCUE_SECONDS: "1" } as const;

/**
 * Lets a killed worker be missed after 3 seconds instead of 15, so that nobody waits for its jobs; pg-boss's own calls allow no
 * less than 10. For jobs that are written from now on, until queues are migrated again.
 */
export async function missKilledWorkersSoon(primaryAdminUrl: string): Promise<void> {
  await withClient({ url: primaryAdminUrl }, (client) =>
    client.query("UPDATE pgboss.queue SET heartbeat_seconds = $1 WHERE heartbeat_seconds IS NOT NULL", [missedAfterSeconds]));
}
