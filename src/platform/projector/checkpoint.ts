import type { Client } from "pg";
import { nodeDataLock } from "../postgres/advisory-locks.js";
import { buildColumns, type Build, type BuildKey } from "./build.js";
import { checkpointChannel } from "./registry.js";

/** Which builds a round may move; a row that another process holds is left to it. */
export type BuildSelection = { readonly kind: "active" } | ({ readonly kind: "one" } & BuildKey);

export interface LockedBuilds {
  readonly builds: readonly Build[];
  /** Null while the node's first copy is not complete: nothing may be folded. */
  readonly bootstrapArrival: number | null;
}

/** False where a resync is emptying the node: whoever writes into schema `read` stands aside. */
export const shareNodeData = {
  name: "projector_share",
  text: `SELECT pg_try_advisory_xact_lock_shared(${nodeDataLock[0]}, ${nodeDataLock[1]}) AS free`,
};

/** Begins a transaction and locks the checkpoints, all in one round trip. */
export async function lockBuilds(client: Client, selection: BuildSelection): Promise<LockedBuilds> {
  const locked = selection.kind === "active"
    ? { name: "projector_lock_active", text: `SELECT ${buildColumns} FROM read.projection WHERE state = 'active' AND halted IS NULL ORDER BY name FOR UPDATE SKIP LOCKED`, values: [] }
    : {
      name: "projector_lock_one",
      text: `SELECT ${buildColumns} FROM read.projection WHERE name = $1 AND version = $2 AND build = $3 AND state <> 'retired' AND halted IS NULL FOR UPDATE SKIP LOCKED`,
      values: [selection.name, selection.version, selection.build],
    };
  const [, data, builds, identity] = await Promise.all([
    client.query("BEGIN"),
    client.query<{ free: boolean }>(shareNodeData),
    client.query<Build>(locked),
    client.query<{ bootstrap_arrival: number | null }>({ name: "projector_bootstrap", text: "SELECT bootstrap_arrival FROM node_identity" }),
  ]);
  if (data.rows[0]?.free !== true) return { builds: [], bootstrapArrival: null };
  return { builds: builds.rows, bootstrapArrival: identity.rows[0]?.bootstrap_arrival ?? null };
}

/** A build's new place in the log; null leaves a part as it is. */
export interface CheckpointMove extends BuildKey {
  readonly checkpoint: number | null;
  readonly bootstrapPosition: number | null;
}

/** Moves checkpoints forward, never back, and wakes those who wait for a position. */
export async function moveCheckpoints(client: Client, moves: readonly CheckpointMove[]): Promise<void> {
  await client.query({
    name: "projector_move",
    text: `WITH moved AS (
             UPDATE read.projection p
             SET checkpoint = greatest(p.checkpoint, m.checkpoint), bootstrap_position = greatest(p.bootstrap_position, m."bootstrapPosition")
             FROM json_to_recordset($1::json) AS m (name text, version integer, build integer, checkpoint bigint, "bootstrapPosition" bigint)
             WHERE p.name = m.name AND p.version = m.version AND p.build = m.build
             RETURNING 1
           ) SELECT pg_notify('${checkpointChannel}', '') FROM (SELECT count(*) FROM moved) one`,
    values: [JSON.stringify(moves)],
  });
}
