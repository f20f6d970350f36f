import { PgBoss } from "pg-boss";
import type { Logger } from "../log/logger.js";
import { byOrder, startupOptions } from "../postgres/connection.js";

export interface BossOptions {
  /** As the application's role: the schema was made by `migrate`. */
  readonly url: string;
  readonly applicationName: string;
  readonly poolSize: number;
  readonly logger: Logger;
  /** Whether this process looks after queues (expired jobs, schedules, old rows); any number may. */
  readonly supervise: boolean;
  /** How often it does; default 5. Jobs of a process that was killed are repeated once this has been noticed. */
  readonly superviseSeconds?: number;
}

/** A started pg-boss that listens for NOTIFY. */
export async function startBoss({ url, applicationName, poolSize, logger, supervise, superviseSeconds = 5 }: BossOptions): Promise<PgBoss> {
  const boss = new PgBoss({
    connectionString: url, application_name: applicationName, max: poolSize, options: startupOptions(byOrder),
    migrate: false, createSchema: false, supervise, schedule: supervise,
    superviseIntervalSeconds: superviseSeconds, monitorIntervalSeconds: superviseSeconds,
    useListenNotify: true, reindex: false,
  });
  const trouble = new Trouble(logger);
  boss.on("error", (error) => { trouble.tell(error); });
  boss.on("warning", (warning) => { logger.warn({ warning }, "pg-boss warns"); });
  return boss.start();
}

const repeatAfterMs = 30_000;
const kindsMax = 50;

/** Each poller of each queue meets the same outage every two seconds: one line of a kind in half a minute tells it. */
class Trouble {
  readonly #told = new Map<string, { atMs: number; unsaid: number }>();

  constructor(private readonly logger: Logger) {}

  tell(error: Error): void {
    // pg-boss puts queue and worker behind the message of the driver.
    const kind = error.message.replace(/ \(Queue: .*$/, "");
    const before = this.#told.get(kind);
    const nowMs = performance.now();
    if (before && nowMs - before.atMs < repeatAfterMs) {
      before.unsaid += 1;
      return;
    }
    if (!before && this.#told.size >= kindsMax) this.#told.clear();
    this.#told.set(kind, { atMs: nowMs, unsaid: 0 });
    this.logger.warn({ err: error, alsoSince: before?.unsaid ?? 0 }, "pg-boss met an error and goes on");
  }
}
