import type { Client } from "pg";
import { buildColumns, compareCursors, cursorOf, targetsOf, type Build, type BuildKey, type FoldTarget } from "./build.js";
import { moveCheckpoints } from "./checkpoint.js";
import { compareTables } from "./compare-tables.js";
import { eventsFor, foldEvents } from "./fold-events.js";
import type { FoldSettings } from "./fold-round.js";
import { readPage, standingAfter } from "./log-page.js";
import type { NodeSession } from "./node-session.js";
import { registryChannel } from "./registry.js";
import { sendChanges } from "./row-store.js";

/** What became of an attempt to switch. */
export interface Switched {
  readonly switched: boolean;
  /** Keys whose rows differ from the live ones, for a rebuild of the same version; at most 20. */
  readonly differences: readonly string[];
}

const notYet: Switched = { switched: false, differences: [] };

/**
 * Puts a finished build in the place of the active one: under the locks of both it is folded up to the very
 * checkpoint of the active one, then two rows of the registry change. Nothing is renamed; who still reads the
 * old table may go on until the sweeper drops it. A rebuild of the same version is compared first: what differs
 * is told, and kept with the build.
 * @returns `switched: false` where the build is still more than a page behind, or another process holds it
 */
export async function switchBuild(session: NodeSession, key: BuildKey, settings: FoldSettings): Promise<Switched> {
  const client = await session.client();
  await client.query("BEGIN");
  try {
    const { rows } = await client.query<Build>(
      `SELECT ${buildColumns} FROM read.projection WHERE name = $1 AND state <> 'retired' ORDER BY version, build FOR UPDATE`, [key.name]);
    const [building] = targetsOf(rows.filter((row) => row.state === "building" && row.version === key.version && row.build === key.build), settings.tables);
    const active = rows.find(({ state }) => state === "active");
    const ready = building && await catchUp(client, building, active, settings);
    const result = ready ? await exchange(client, building, active) : notYet;
    await client.query(result.switched ? "COMMIT" : "ROLLBACK");
    return result;
  } catch (error) {
    await session.rollback();
    throw error;
  }
}

async function catchUp(client: Client, building: FoldTarget, active: Build | undefined, settings: FoldSettings): Promise<boolean> {
  const { rows: [identity] } = await client.query<{ bootstrap_arrival: number | null }>("SELECT bootstrap_arrival FROM node_identity");
  const bootstrapArrival = identity?.bootstrap_arrival ?? null;
  if (bootstrapArrival === null) return false;
  const from = cursorOf(building.build, bootstrapArrival);
  const goal = active ? cursorOf(active, bootstrapArrival) : from;
  if (compareCursors(from, goal) >= 0) return true;
  if (from.phase !== goal.phase || goal.phase === "bootstrap") return false;
  const page = await readPage(client, { from, bootstrapArrival, limit: settings.pageSize ?? 1_000, upTo: goal.at, upcast: settings.upcast });
  if (!page.end || page.gap) return false;
  // Parked streams are the business of an ordinary round, which this build then needs first.
  if (building.build.parked > 0 && page.events.length > 0) return false;
  const { batch } = await foldEvents(client, building, eventsFor(building, page));
  await Promise.all(sendChanges(client, building.table, building.relation, batch));
  const { name, version, build } = building.build;
  await moveCheckpoints(client, [{ name, version, build, ...standingAfter(page), checkpoint: goal.at }]);
  return true;
}

async function exchange(client: Client, building: FoldTarget, active: Build | undefined): Promise<Switched> {
  const { name, version, build } = building.build;
  const comparable = active?.version === version ? active : undefined;
  const differences = comparable ? await compareTables(client, building.table, comparable, building.build) : [];
  await client.query("UPDATE read.projection SET state = 'retired', retired_at = now() WHERE name = $1 AND state = 'active'", [name]);
  await client.query("UPDATE read.projection SET state = 'active', differences = $4 WHERE name = $1 AND version = $2 AND build = $3", [name, version, build, differences]);
  await client.query(`NOTIFY ${registryChannel}`);
  return { switched: true, differences };
}
