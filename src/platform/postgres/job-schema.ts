import { PgBoss, type QueueResult } from "pg-boss";
import type { QueueDefinition } from "../jobs/queue.js";
import { withClient } from "./connection.js";

/** A job nobody has taken is kept this long, a dead letter too; then pg-boss deletes it. */
const retentionSeconds = 90 * 86_400;
/** A finished job is kept this long, for the eyes of an operator. */
const finishedKeptSeconds = 7 * 86_400;

/**
 * Every few seconds pg-boss looks for the jobs of killed processes, and counts all jobs for its own dashboard, both among all that it keeps: a second's work where
 * a million finished jobs lie. An index finds those under way; the counts, which nobody reads here, are put off for good by pg-boss's own means to put them off.
 */
const upkeepSql = `
  CREATE INDEX IF NOT EXISTS job_common_under_way ON pgboss.job_common (name) WHERE state = 'active';
  UPDATE pgboss.version SET monitor_backoff_on = 'infinity' WHERE monitor_backoff_on IS DISTINCT FROM 'infinity'`;

export function deadLetterQueueOf(queue: string): string {
  return `${queue}.dead`;
}

/**
 * Installs or renews pg-boss's schema and brings its queues to their definitions. Queues that are no longer
 * defined stay: they may hold jobs.
 * @returns names of the queues made now
 */
export async function migrateJobs(adminUrl: string, queues: readonly QueueDefinition[]): Promise<string[]> {
  const boss = new PgBoss({ connectionString: adminUrl, schema: "pgboss", supervise: false, schedule: false, max: 2, application_name: "millrace migrate" });
  const failures: Error[] = [];
  boss.on("error", (error) => failures.push(error));
  await boss.start();
  try {
    const known = new Map((await boss.getQueues()).map((queue) => [queue.name, queue]));
    const made: string[] = [];
    for (const queue of queues) made.push(...await ensureQueue(boss, known, queue));
    await withClient({ url: adminUrl, applicationName: "millrace migrate" }, (admin) => admin.query(upkeepSql));
    return made;
  } finally {
    await boss.stop({ graceful: false });
  }
}

async function ensureQueue(boss: PgBoss, known: ReadonlyMap<string, QueueResult>, queue: QueueDefinition): Promise<string[]> {
  const made: string[] = [];
  const dead = deadLetterQueueOf(queue.name);
  if (!known.has(dead)) {
    await boss.createQueue(dead, { policy: "standard", retryLimit: 0, retentionSeconds, deleteAfterSeconds: finishedKeptSeconds });
    made.push(dead);
  }
  const options = {
    retryLimit: queue.retryLimit,
    retryDelay: queue.retryDelaySeconds,
    retryBackoff: true,
    retryDelayMax: queue.retryDelayMaxSeconds,
    expireInSeconds: queue.expireSeconds,
    retentionSeconds,
    deleteAfterSeconds: finishedKeptSeconds,
    deadLetter: dead,
    notify: true,
    ...(queue.heartbeatSeconds === undefined ? {} : { heartbeatSeconds: queue.heartbeatSeconds }),
  };
  const found = known.get(queue.name);
  if (!found) {
    await boss.createQueue(queue.name, { ...options, policy: queue.policy });
    made.push(queue.name);
  } else if (found.policy !== queue.policy) {
    throw new Error(`Queue ${queue.name} has policy ${String(found.policy)} and should have ${queue.policy}: pg-boss cannot change it. Give the queue another name, or drop it when it is empty.`);
  } else if (Object.entries(options).some(([name, value]) => found[name as keyof typeof options] !== value)) {
    await boss.updateQueue(queue.name, options);
  }
  return made;
}
