import type { QueueDefinition } from "../jobs/queue.js";

/** Wakes the fold of all active projections of a node: one job waits, one is at work. */
export const foldQueue = "projector.fold";
/** Brings builds and projections that fell behind up to the others. */
export const buildQueue = "projector.build";
/** Refreshes one materialized view, then sends itself for the next time; keyed by the view's name. */
export const viewQueue = "projector.view";
/** Drops tables and views that nobody reads any more, and attempts of jobs that have been kept long enough. */
export const sweepQueue = "projector.sweep";

const stately = { policy: "stately", retryLimit: 0, retryDelaySeconds: 1, retryDelayMaxSeconds: 10 } as const;

/**
 * What `migrate` creates on every node. No retries: a wake-up is not work, the checkpoint says what is left to do,
 * and the projector's poll wakes it again. A fold or build ends by itself after `sliceMs`, so a job that is
 * still active after `expireSeconds` belongs to a dead process.
 */
export const projectorQueues: readonly QueueDefinition[] = [
  { name: foldQueue, ...stately, expireSeconds: 30 },
  { name: buildQueue, ...stately, expireSeconds: 60 },
  { name: viewQueue, ...stately, expireSeconds: 300 },
  { name: sweepQueue, ...stately, expireSeconds: 60 },
];

/** A fold or build job ends after this long and sends its successor. */
export const sliceMs = 10_000;

/** For every job of the projector: a done wake-up tells nobody anything. */
export const wakeUpOptions = { deleteAfterSeconds: 60 } as const;
