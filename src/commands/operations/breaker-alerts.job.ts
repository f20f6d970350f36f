import type { Pool } from "pg";
import type { BreakerClosed, BreakerDryRunSet, BreakerHeldOpen, BreakerOpened, BreakerReset } from "../../events/breakers.js";
import type { BreakerState } from "../../kernel/breaker.js";
import { defineConsumer } from "../../kernel/consumer.js";
import type { AlertDesk } from "../../platform/alerts/alert-port.js";
import type { JobHandler } from "../../platform/jobs/job-handler.js";

type Change = BreakerOpened | BreakerClosed | BreakerReset | BreakerHeldOpen | BreakerDryRunSet;

/** Once an opening, whichever process made it: a breaker that opens again after a failed probe is the same outage. */
export const breakerAlertsConsumer = defineConsumer<Change>({
  queue: "operations.breaker-alerts",
  on: ["BreakerOpened", "BreakerClosed", "BreakerReset", "BreakerHeldOpen", "BreakerDryRunSet"],
  when: (event) => event.type !== "BreakerOpened" || (event.openings === 1 && !event.dryRun),
});

export interface BreakerAlertsOptions {
  readonly pool: Pool;
  readonly alerts: AlertDesk;
  /** What it means for the shop that this neighbour is down, and what to do, in a sentence or two. */
  readonly messageOf: (party: string) => string;
}

const stateSql = "SELECT state, dry_run FROM breaker WHERE party = $1";

/** Goes by how the breaker stands now: jobs may come in another order, or late. What is held by hand, or only judged, needs nobody to be told. */
export function breakerAlertsHandler({ pool, alerts, messageOf }: BreakerAlertsOptions): JobHandler<Change> {
  const isDown = async (party: string): Promise<boolean> => {
    const { rows: [breaker] } = await pool.query<{ state: BreakerState; dry_run: boolean }>(stateSql, [party]);
    return breaker?.dry_run === false && (breaker.state === "open" || breaker.state === "half_open");
  };
  return async ({ event: { party } }) => {
    const key = `neighbour_down:${party}`;
    if (await isDown(party)) {
      await alerts.raise({ key, severity: "critical", message: messageOf(party), details: { party } });
      // It may have been closed while the alert was written down, and that job be done already.
      if (await isDown(party)) return;
    }
    await alerts.resolve(key);
  };
}
