import { setTimeout as delay } from "node:timers/promises";
import type { Pool } from "pg";
import type { ReconciliationFinished } from "../events/reconciliation.js";
import { newId } from "../kernel/ids.js";
import { httpStatusOf, SystemError } from "../platform/errors.js";
import { GatewayError } from "../platform/http-client/gateway-error.js";
import { openReadNode } from "../platform/projector/open-read-node.js";
import { readRows } from "../platform/projector/read-rows.js";
import { reconciliationId, reconciliationStream } from "../commands/reconciliation/reconciliation.decider.js";
import { beginDay, reconcileNext, type DayParts, type Progress, type Step } from "../commands/reconciliation/reconcile-day.job.js";
import type { MetMismatch } from "../commands/reconciliation/reconcile-span.job.js";
import { enqueueSteps } from "../commands/reconciliation/reconciliation.job.js";
import type { MismatchCardRow } from "../projections/reconciliation/mismatch-card.projection.js";
import { mismatchCardTable } from "../projections/reconciliation/mismatch-card.table.js";
import type { Deployment } from "./deployment.js";
import { linesOfReconciliation } from "./reconcile-text.js";
import { openMoved } from "./reconciliation.js";
import type { WriteSide } from "./write-side.js";

export interface ReconcileOptions {
  /** YYYY-MM-DD, in the shop's time zone. */
  readonly day: string;
  readonly print: (line: string) => void;
}

/** Lines that are printed; the rest is in the query `reconciliation`. */
export const shownMax = 200;

/** How often a step is tried while the provider, the primary or the read nodes are away, and how long is waited before. */
const triesMax = 5;
const waitMs = 2_000;

/**
 * `millrace reconcile --day` with the provider that the settings name: here and now, whatever runs besides.
 * @returns the exit code: 1 where something stays open
 * @throws GatewayError where the provider stays away
 */
export async function reconcileHere(parts: Omit<DayParts, "moved">, nodes: Deployment["nodes"], { day, print }: ReconcileOptions): Promise<number> {
  const moved = await openMoved(nodes, parts.logger);
  try {
    let progress = beginDay(day, newId(), parts.timeZone, new Date().toISOString());
    const shown: MetMismatch[] = [];
    for (let finished = false; !finished;) {
      const step = await patiently({ ...parts, moved }, progress);
      shown.push(...step.met.slice(0, shownMax - shown.length));
      ({ progress, finished } = step);
    }
    return told(parts.provider.name, progress, shown, print);
  } finally {
    await moved.close();
  }
}

/** Somebody is slow or away for a moment; longer than that, a person had better come back later. */
async function patiently(parts: DayParts, progress: Progress): Promise<Step> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await reconcileNext(parts, progress);
    } catch (error) {
      if (!mayPass(error) || tried === triesMax) throw error;
      await delay(waitMs);
    }
  }
}

function mayPass(error: unknown): boolean {
  if (error instanceof GatewayError) return error.kind !== "rejected";
  return error instanceof SystemError && httpStatusOf[error.code] === 503;
}

/** Where the running program alone knows the provider: its worker does it, and this waits. */
export async function reconcileByWorker(
  { pool }: WriteSide, { settings, logger, nodes }: Pick<Deployment, "settings" | "logger" | "nodes">, provider: string, { day, print }: ReconcileOptions,
): Promise<number> {
  const run = newId();
  await enqueueSteps(pool, [beginDay(day, run, settings.SHOP_TIME_ZONE, new Date().toISOString())]);
  const { event, position } = await untilFinished(pool, provider, day, run);
  const [address] = nodes;
  if (!address) throw new Error("there is no read node");
  const node = await openReadNode({ ...address, logger, poolSize: 1 });
  try {
    await node.reached(position, ["mismatch_card"], waitMs * triesMax);
    const rows = await readRows<MismatchCardRow>(node, mismatchCardTable, "reconcile_open",
      "WHERE reconciliation_id = $1 AND (status = 'OPEN' OR (status = 'REPAIRED' AND settled_at >= $2::timestamptz)) ORDER BY found_position LIMIT $3",
      [reconciliationId(provider, day), event.beganAt, shownMax]);
    return told(provider, { ...event, from: "" }, rows.map((row) => ({ ...row, repaired: row.status === "REPAIRED" })), print);
  } finally {
    await node.close();
  }
}

const finishesWithinMs = 600_000;

interface Finished {
  readonly event: ReconciliationFinished;
  readonly position: string;
}

async function untilFinished(pool: Pool, provider: string, day: string, run: string): Promise<Finished> {
  const streamId = reconciliationStream.streamId(reconciliationId(provider, day));
  const giveUpAt = performance.now() + finishesWithinMs;
  while (performance.now() < giveUpAt) {
    const { rows: [row] } = await pool.query<{ data: ReconciliationFinished; position: string }>(
      "SELECT data, position::text FROM event_log WHERE stream_id = $1 AND data->>'run' = $2", [streamId, run]);
    if (row) return { event: row.data, position: row.position };
    await delay(waitMs / 10);
  }
  const minutes = String(finishesWithinMs / 60_000);
  throw new Error(`The worker did not finish ${day} within ${minutes} minutes; it goes on: look at the query reconciliation later.`);
}

function told(provider: string, progress: Progress, shown: readonly MetMismatch[], print: (line: string) => void): number {
  for (const line of linesOfReconciliation(provider, progress, shown)) print(line);
  return progress.found === progress.repaired ? 0 : 1;
}
