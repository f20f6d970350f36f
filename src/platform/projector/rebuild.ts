import { setTimeout as pause } from "node:timers/promises";
import { createPool } from "../postgres/connection.js";
import { advanceBuild } from "./advance-build.js";
import { buildColumns, type Build, type BuildKey } from "./build.js";
import type { Upcast } from "./event-row.js";
import type { NodeAddress } from "./node-address.js";
import { NodeSession } from "./node-session.js";
import type { ReadTable } from "./read-table.js";
import { addBuild, ensureBuilds, registryLock } from "./registry.js";

export interface Rebuilt {
  readonly table: string;
  /** Keys whose rows are other ones than before, at the same checkpoint; at most 20. Empty for a new version. */
  readonly differences: readonly string[];
}

export interface RebuildOptions {
  readonly upcast?: Upcast;
  /** Gives up when the build has not gone live by then; it stays and a projector goes on with it. Default 10 minutes. */
  readonly timeoutMs?: number;
  readonly onProgress?: (build: Build) => void;
}

/** Another process holds the build, or it waits for events that have not come: looked at again after this. */
const lookEveryMs = 50;

/**
 * Builds a projection's table anew beside the live one, silently, and puts it in its place. Works with or without
 * a projector at the node; both may work on the same build.
 * @throws Error where it halts or `timeoutMs` passes
 */
export async function rebuildProjection(node: NodeAddress, table: ReadTable, options: RebuildOptions = {}): Promise<Rebuilt> {
  const session = new NodeSession(node.appUrl, "millrace rebuild");
  try {
    const key = await beginBuild(node, table);
    const deadline = performance.now() + (options.timeoutMs ?? 600_000);
    for (;;) {
      const build = await readBuild(session, key);
      if (build.state === "active") return { table: build.tableName, differences: build.differences ?? [] };
      if (build.state === "retired") throw new Error(`another build has taken the place of ${build.tableName}`);
      if (build.halted !== null) throw new Error(`${build.tableName} halted: ${build.halted}`);
      if (performance.now() >= deadline) throw new Error(`${build.tableName} has not caught up in time; a projector goes on with it`);
      options.onProgress?.(build);
      const { round, switched } = await advanceBuild(session, build, { tables: [table], upcast: options.upcast });
      if (!switched?.switched && round.events === 0) await pause(lookEveryMs);
    }
  } finally {
    await session.close();
  }
}

/** Enters a new build, or takes up one that was begun. */
async function beginBuild(node: NodeAddress, table: ReadTable): Promise<BuildKey> {
  const pool = createPool({ url: node.appUrl, applicationName: "millrace rebuild", poolSize: 1 });
  const client = await pool.connect();
  try {
    await ensureBuilds(client, [table]);
    await client.query("BEGIN");
    await client.query("SELECT pg_advisory_xact_lock($1)", [registryLock]);
    const find = `SELECT ${buildColumns} FROM read.projection WHERE name = $1 AND version = $2 AND state = 'building'`;
    const values = [table.projection.name, table.projection.version];
    const begun = await client.query<Build>(find, values);
    if (begun.rows.length === 0) await addBuild(client, table, "building");
    const { rows: [build] } = await client.query<Build>(find, values);
    await client.query("COMMIT");
    if (!build) throw new Error(`the build of ${table.projection.name} was not entered`);
    return { name: build.name, version: build.version, build: build.build };
  } finally {
    client.release();
    await pool.end();
  }
}

async function readBuild(session: NodeSession, { name, version, build }: BuildKey): Promise<Build & { differences: readonly string[] | null }> {
  const client = await session.client();
  const { rows: [row] } = await client.query<Build & { differences: readonly string[] | null }>(
    `SELECT ${buildColumns}, differences FROM read.projection WHERE name = $1 AND version = $2 AND build = $3`, [name, version, build]);
  if (!row) throw new Error(`the build ${build} of ${name} is gone: the node was emptied meanwhile`);
  return row;
}
