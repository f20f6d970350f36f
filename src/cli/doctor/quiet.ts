import { setTimeout as pause } from "node:timers/promises";
import type { Pool } from "pg";
import { cleanUpQueue } from "../../platform/jobs/clean-up.js";
import type { QueueDefinition } from "../../platform/jobs/queue.js";
import { createPool } from "../../platform/postgres/connection.js";
import { readLag } from "../../platform/projector/lag.js";
import type { NodeAddress } from "../../platform/projector/node-address.js";
import { found, inThousands, messageOf, ok, type Finding } from "./finding.js";

const lookEveryMs = 200;
/** A lag that is older than this does not look like work under way. */
const lagNotedMs = 10_000;

interface Awaited {
  readonly primaryUrl: string;
  readonly nodes: readonly NodeAddress[];
  readonly queues: readonly QueueDefinition[];
  readonly waitMs: number;
}

/** Waits until no job is left to be done now (one that is to run much later may wait) and every node has projected everything; parcels at a courier may be underway. */
export async function examineQuiet({ primaryUrl, nodes, queues, waitMs }: Awaited): Promise<Finding> {
  const pools = [primaryUrl, ...nodes.map(({ appUrl }) => appUrl)].map(poolOf);
  const [primary, ...nodePools] = pools;
  const deadline = Date.now() + waitMs;
  try {
    for (;;) {
      const busy = [
        ...(primary ? await saidBy("primary", () => jobsLeft(primary, queues)) : []),
        ...(await Promise.all(nodePools.map((pool, index) => saidBy(nodes[index]?.name ?? "", () => eventsLeft(pool))))).flat(),
      ];
      if (busy.length === 0) return ok("quiet", "all", "nothing is left to be done");
      if (Date.now() >= deadline) {
        return found("FAIL", "quiet", "all", `not quiet within ${String(waitMs / 1_000)} s`, "Wait longer (--wait), or see below what keeps it: a worker or projector that is not running, a provider that is down.", busy);
      }
      await pause(lookEveryMs);
    }
  } finally {
    await Promise.all(pools.map((pool) => pool.end()));
  }
}

function poolOf(url: string): Pool {
  return createPool({ url, applicationName: "millrace doctor", poolSize: 1, statementTimeoutMs: 60_000 });
}

async function saidBy(name: string, ask: () => Promise<string[]>): Promise<string[]> {
  try {
    return (await ask()).map((line) => `${name}: ${line}`);
  } catch (error) {
    return [`${name}: ${messageOf(error)}`];
  }
}

async function jobsLeft(pool: Pool, queues: readonly QueueDefinition[]): Promise<string[]> {
  const names = queues.map(({ name }) => name).filter((name) => name !== cleanUpQueue.name);
  const { rows } = await pool.query<{ name: string; jobs: number }>(
    `SELECT name, count(*)::int AS jobs FROM pgboss.job WHERE name = ANY($1::text[]) AND state IN ('created', 'retry', 'active')
       AND NOT (state = 'created' AND start_after > clock_timestamp()) GROUP BY name ORDER BY name`, [names]);
  return rows.map(({ name, jobs }) => `${inThousands(jobs)} jobs in ${name}`);
}

async function eventsLeft(pool: Pool): Promise<string[]> {
  const lag = await readLag(pool);
  return lag.filter(({ events }) => events > 0).map(({ projection, events }) => `${inThousands(events)} events before ${projection}`);
}

/** How far the projections of a node are behind what it has received. */
export async function examineProjectionLag({ name, appUrl }: NodeAddress, behindIsWrong: boolean): Promise<Finding> {
  const pool = poolOf(appUrl);
  try {
    const lag = await readLag(pool);
    const behind = lag.filter(({ events }) => events > 0);
    const worst = Math.max(0, ...behind.map(({ milliseconds }) => milliseconds));
    const message = behind.length === 0 ? `none, ${String(lag.length)} projections have folded all events that arrived`
      : `${inThousands(Math.max(...behind.map(({ events }) => events)))} events, ${inThousands(worst)} ms`;
    if (behind.length === 0 || (!behindIsWrong && worst < lagNotedMs)) return ok("projection_lag", name, message);
    return found(behindIsWrong ? "FAIL" : "warn", "projection_lag", name, message, "Look whether the node's projector runs and what it logs.",
      behind.map(({ projection, events, milliseconds }) => `${projection}: ${inThousands(events)} events, ${inThousands(milliseconds)} ms`));
  } catch (error) {
    return found("FAIL", "projection_lag", name, messageOf(error), "Start the node's projector, which makes the read tables.");
  } finally {
    await pool.end();
  }
}
