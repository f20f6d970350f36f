import { createHash } from "node:crypto";
import type { ClientBase } from "pg";
import { sqlStateOf } from "../bus/failure.js";
import { nodeDataLock } from "../postgres/advisory-locks.js";
import { buildColumns, quoteName, quoteRelation, type Build } from "./build.js";
import type { ReadTable } from "./read-table.js";

/** Announces that a name stands for another relation now. */
export const registryChannel = "millrace_registry";
/** Announces that checkpoints moved. */
export const checkpointChannel = "millrace_checkpoint";

const registrySql = `
  CREATE TABLE IF NOT EXISTS read.projection (
    name               text    COLLATE "C" NOT NULL,
    version            integer NOT NULL,
    build              integer NOT NULL,
    table_name         text    NOT NULL UNIQUE,
    shape              text    NOT NULL,
    state              text    NOT NULL CHECK (state IN ('building', 'active', 'retired')),
    checkpoint         bigint  NOT NULL DEFAULT 0,
    bootstrap_position bigint  NOT NULL DEFAULT 0,
    parked             integer NOT NULL DEFAULT 0 CHECK (parked >= 0),
    halted             text,
    differences        text[],
    retired_at         timestamptz,
    PRIMARY KEY (name, version, build)
  ) WITH (fillfactor = 50);
  CREATE UNIQUE INDEX IF NOT EXISTS projection_one_active ON read.projection (name) WHERE state = 'active';
  CREATE UNIQUE INDEX IF NOT EXISTS projection_one_building ON read.projection (name) WHERE state = 'building';
  CREATE TABLE IF NOT EXISTS read.parked_event (
    projection text    COLLATE "C" NOT NULL,
    version    integer NOT NULL,
    build      integer NOT NULL,
    stream_id  text    COLLATE "C" NOT NULL,
    position   bigint  NOT NULL,
    arrival    bigint  NOT NULL,
    error      text,
    parked_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (projection, version, build, stream_id, position)
  );
  CREATE TABLE IF NOT EXISTS read.view (
    relation     text    PRIMARY KEY,
    name         text    COLLATE "C" NOT NULL,
    state        text    NOT NULL CHECK (state IN ('active', 'retired')),
    checkpoint   bigint  NOT NULL,
    refreshed_at timestamptz NOT NULL,
    retired_at   timestamptz
  );
  CREATE UNIQUE INDEX IF NOT EXISTS view_one_active ON read.view (name) WHERE state = 'active';
`;

/** Registry or table is not there: no projector has begun yet, or a resync has begun the node anew. */
export function isMissing(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === "42P01" || state === "3F000";
}

/** Any number: all processes that change the registry's shape or list of builds take this lock first. */
export const registryLock = 7_240_011;

/**
 * Makes the registry and, for each projection, the table it needs: the first one of a name is active at once
 * (queries see it fill), a higher version is built beside the active one. Runs in a transaction of its own.
 */
export async function ensureBuilds(client: ClientBase, tables: readonly ReadTable[]): Promise<void> {
  await client.query("BEGIN");
  try {
    await client.query("SELECT pg_advisory_xact_lock_shared($1, $2), pg_advisory_xact_lock($3)", [...nodeDataLock, registryLock]);
    await client.query(registrySql);
    for (const table of tables) await ensureBuild(client, table);
    // New code may fold what halted the old one; if not, it halts again and says so again.
    await client.query("UPDATE read.projection SET halted = NULL WHERE halted IS NOT NULL AND name = ANY($1)", [tables.map(({ projection }) => projection.name)]);
    await client.query(`NOTIFY ${registryChannel}`);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

async function ensureBuild(client: ClientBase, table: ReadTable): Promise<void> {
  const { name, version } = table.projection;
  const { rows } = await client.query<Build & { shape: string }>(
    `SELECT ${buildColumns}, shape FROM read.projection WHERE name = $1 AND state <> 'retired'`, [name]);
  const drifted = rows.find((row) => row.version === version && row.shape !== shapeOf(table));
  if (drifted) throw new Error(`the table of ${name} changed and its version did not: raise it to ${version + 1}`);
  const active = rows.find(({ state }) => state === "active");
  if (!active) return addBuild(client, table, "active");
  // An older process beside a newer one: the newer version is left to those who know it.
  if (active.version >= version || rows.some((row) => row.version >= version && row.state === "building")) return;
  await client.query("UPDATE read.projection SET state = 'retired', retired_at = now() WHERE name = $1 AND state = 'building'", [name]);
  await addBuild(client, table, "building");
}

/** Makes a table for the projection and enters it. The caller holds a transaction. */
export async function addBuild(client: ClientBase, table: ReadTable, state: "active" | "building"): Promise<void> {
  const { name, version } = table.projection;
  const { rows } = await client.query<{ build: number }>(
    "SELECT coalesce(max(build), 0)::int + 1 AS build FROM read.projection WHERE name = $1 AND version = $2", [name, version]);
  const build = rows[0]?.build ?? 1;
  const tableName = `${name}_v${version}${build === 1 ? "" : `_b${build}`}`;
  await client.query(createTableSql(table, quoteRelation(tableName)));
  for (const [index, { columns, unique }] of table.indexes.entries()) {
    const indexName = `${tableName.slice(0, 50)}_i${index + 1}`;
    await client.query(`CREATE ${unique ? "UNIQUE " : ""}INDEX ${quoteName(indexName)} ON ${quoteRelation(tableName)} (${columns.map(quoteName).join(", ")})`);
  }
  await client.query(
    "INSERT INTO read.projection (name, version, build, table_name, shape, state) VALUES ($1, $2, $3, $4, $5, $6)",
    [name, version, build, tableName, shapeOf(table), state]);
}

/** Room is left on each page, since a row changes several times: updates then stay on it and touch no index. */
export function createTableSql(table: ReadTable, relation: string, temporary = false): string {
  const columns = table.columns.map(({ name, type, nullable }) => `${quoteName(name)} ${type}${nullable ? "" : " NOT NULL"}`);
  return `CREATE ${temporary ? "TEMPORARY " : ""}TABLE ${relation} (${columns.join(", ")}, PRIMARY KEY (${quoteName(table.key.name)})) WITH (fillfactor = 80)`;
}

function shapeOf({ columns, key, indexes }: ReadTable): string {
  return createHash("sha256").update(JSON.stringify([columns, key.name, indexes])).digest("hex").slice(0, 16);
}
