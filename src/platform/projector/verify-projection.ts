import type { Client } from "pg";
import { buildColumns, quoteName, quoteRelation, type Build, type LogCursor } from "./build.js";
import { compareRelations } from "./compare-tables.js";
import type { Upcast } from "./event-row.js";
import { eventsFor, foldEvents } from "./fold-events.js";
import { readPage, standingAfter, type LogGap } from "./log-page.js";
import type { NodeAddress } from "./node-address.js";
import { NodeSession } from "./node-session.js";
import type { ReadTable } from "./read-table.js";
import { createTableSql } from "./registry.js";
import { sendChanges } from "./row-store.js";

export interface Verified {
  readonly projection: string;
  /** Keys whose live rows are not what the log says; at most 20. */
  readonly differences: readonly string[];
  readonly events: number;
  /** Events that are parked, and so missing from the rows. */
  readonly parked: number;
  readonly gap: LogGap | null;
}

/**
 * Folds the node's log anew into a temporary table, up to the checkpoint of the live one, and compares. Reads one
 * snapshot, in which rows and checkpoint belong together; blocks nobody, and keeps nothing.
 * @throws Error where the node has no active table that this program can fold
 */
export async function verifyProjection(node: NodeAddress, table: ReadTable, upcast?: Upcast): Promise<Verified> {
  const session = new NodeSession(node.appUrl, "millrace verify");
  try {
    const client = await session.client();
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
    const { name, version } = table.projection;
    const { rows: [live] } = await client.query<Build>(`SELECT ${buildColumns} FROM read.projection WHERE name = $1 AND state = 'active'`, [name]);
    if (live?.version !== version) throw new Error(`${node.name} has no active table of ${name}, version ${version}`);
    const verified = await refold(client, table, live, upcast);
    await client.query("ROLLBACK");
    return verified;
  } finally {
    await session.close();
  }
}

async function refold(client: Client, table: ReadTable, live: Build, upcast: Upcast | undefined): Promise<Verified> {
  const relation = `pg_temp.${quoteName(`${live.name}_verified`)}`;
  await client.query(createTableSql(table, relation, true));
  const { rows: [identity] } = await client.query<{ bootstrap_arrival: number | null }>("SELECT bootstrap_arrival FROM node_identity");
  const bootstrapArrival = identity?.bootstrap_arrival ?? 0;
  const parked = await parkedPositions(client, live);
  let build = { ...live, checkpoint: 0, bootstrapPosition: 0 };
  let [events, gap, end]: [number, LogGap | null, boolean] = [0, null, false];
  while (!end && gap === null) {
    const from: LogCursor = build.checkpoint >= bootstrapArrival ? { phase: "live", at: build.checkpoint } : { phase: "bootstrap", at: build.bootstrapPosition };
    const page = await readPage(client, { from, bootstrapArrival, limit: 1_000, upTo: Math.max(live.checkpoint, bootstrapArrival), upcast });
    const inReach = isStillCopying(live, bootstrapArrival)
      ? { ...page, events: page.events.filter(({ recorded }) => Number(recorded.position) <= live.bootstrapPosition) }
      : page;
    const own = eventsFor({ build, table, relation }, inReach).filter(({ recorded }) => !parked.has(recorded.position));
    const { batch } = await foldEvents(client, { table, relation }, own);
    await Promise.all(sendChanges(client, table, relation, batch));
    const { checkpoint, bootstrapPosition } = standingAfter(page);
    build = { ...build, checkpoint: checkpoint ?? build.checkpoint, bootstrapPosition: bootstrapPosition ?? build.bootstrapPosition };
    [events, gap, end] = [events + own.length, page.gap, page.end && (from.phase === "live" || isStillCopying(live, bootstrapArrival))];
  }
  await client.query("SET LOCAL enable_seqscan = on");
  const differences = await compareRelations(client, table, quoteRelation(live.tableName), relation);
  return { projection: live.name, differences, events, parked: parked.size, gap };
}

/** The live table has not folded all of the node's first copy yet. */
function isStillCopying(live: Build, bootstrapArrival: number): boolean {
  return live.checkpoint < bootstrapArrival;
}

async function parkedPositions(client: Client, { name, version, build }: Build): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ position: string }>(
    "SELECT position::text FROM read.parked_event WHERE projection = $1 AND version = $2 AND build = $3", [name, version, build]);
  return new Set(rows.map(({ position }) => position));
}
