import { PgBoss } from "pg-boss";
import type { Logger } from "../log/logger.js";

export interface BossOptions {
  /** As the application's role: the schema was made by `migrate`. */
  readonly url: string;
  readonly applicationName: string;
  readonly poolSize: number;
  readonly logger: Logger;
  /** Whether this process looks after queues (expired jobs, schedules, old rows); any number may. */
  readonly supervise: boolean;
}

/** Jobs of a process that was killed are repeated as soon as this has been noticed. */
const superviseEverySeconds = 5;

/** A started pg-boss that listens for NOTIFY. */
export async function startBoss({ url, applicationName, poolSize, logger, supervise }: BossOptions): Promise<PgBoss> {
  const boss = new PgBoss({
    connectionString: url, application_name: applicationName, max: poolSize,
    migrate: false, createSchema: false, supervise, schedule: supervise,
    superviseIntervalSeconds: superviseEverySeconds, monitorIntervalSeconds: superviseEverySeconds,
    useListenNotify: true, reindex: false,
  });
  boss.on("error", (error) => { logger.warn({ err: error }, "pg-boss met an error and goes on"); });
  boss.on("warning", (warning) => { logger.warn({ warning }, "pg-boss warns"); });
  return boss.start();
}
