/**
 * Advisory locks that are known by number, in the two-integer space (streams are locked in the one-bigint
 * space, so the two never meet). Each holds within one database.
 */
const space = 724_001;

/** Session lock of `migrate` and of connecting a node: one at a time on a database. */
export const migrationLock = [space, 1] as const;

/**
 * A node's data. Every transaction that writes into schema `read` first takes it shared:
 * `SELECT pg_try_advisory_xact_lock_shared(724001, 2)`; false means that a resync is under way: roll back, wait,
 * then look at `node_identity.generation` (another value: all read tables and checkpoints are gone, begin anew).
 * A resync holds it exclusively while it empties the node.
 */
export const nodeDataLock = [space, 2] as const;
