import type { Client } from "pg";
import { sqlStateOf } from "../../platform/bus/failure.js";
import { buildColumns, type Build } from "../../platform/projector/build.js";
import type { NodeAddress } from "../../platform/projector/node-address.js";
import { NodeSession } from "../../platform/projector/node-session.js";
import type { ReadTable } from "../../platform/projector/read-table.js";
import { verifyProjection } from "../../platform/projector/verify-projection.js";
import { found, inThousands, judge, messageOf, ok, Problems, type Finding } from "./finding.js";
import { chunksOfStreams, StreamFold, type Stream } from "./fold-streams.js";

const rebuild = (name: string): string => `Run \`millrace rebuild ${name}\`.`;
const startProjector = "Start the node's projector (`millrace projector`, or `npm start`).";

/** What a node's registry says, and its log folded anew: all in one snapshot, in which rows and checkpoints belong together. */
export async function examineReadRows(node: NodeAddress, tables: readonly ReadTable[]): Promise<Finding[]> {
  const session = new NodeSession(node.appUrl, "millrace doctor");
  try {
    const client = await session.client();
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const builds = await readBuilds(client);
    if (builds === null) return [found("FAIL", "projections", node.name, "there are no read tables yet", startProjector)];
    const standing = standingOf(node, tables, builds);
    const parked = await parkedOf(client, node);
    const { folds, gaps } = await foldAll(client, node, tables, builds);
    await client.query("ROLLBACK");
    const rows: Finding[] = [];
    for (const fold of folds) rows.push(await rowsOf(node, fold, gaps.count > 0));
    return [standing, parked, judge({
      check: "log_versions", where: node.name, examined: "versions of every stream on the node are gapless", wrong: "streams with events missing on the node",
      remedy: `Run \`millrace resync ${node.name}\`.`, problems: gaps.list, count: gaps.count,
    }), ...rows];
  } catch (error) {
    return [found("FAIL", "read_rows", node.name, `could not be examined: ${messageOf(error)}`, "Mend what it says and run doctor again.")];
  } finally {
    await session.close();
  }
}

async function readBuilds(client: Client): Promise<readonly Build[] | null> {
  try {
    return (await client.query<Build>(`SELECT ${buildColumns} FROM read.projection WHERE state <> 'retired' ORDER BY name`)).rows;
  } catch (error) {
    if (sqlStateOf(error) === "42P01" || sqlStateOf(error) === "3F000") return null;
    throw error;
  }
}

function activeOf({ projection }: ReadTable, builds: readonly Build[]): Build | undefined {
  return builds.find(({ name, version, state }) => state === "active" && name === projection.name && version === projection.version);
}

/** Halted is wrong, building is to be known. */
function standingOf({ name }: NodeAddress, tables: readonly ReadTable[], builds: readonly Build[]): Finding {
  const halted = builds.filter((build) => build.halted !== null);
  if (halted.length > 0) {
    return found("FAIL", "projections", name, `${String(halted.length)} stand still before an event that they cannot fold`, "Mend the cause, then redrive.", halted.map((build) => `${build.name}: ${build.halted ?? ""}`));
  }
  const missing = tables.filter((table) => activeOf(table, builds) === undefined).map(({ projection }) => `${projection.name}, version ${String(projection.version)}`);
  const building = builds.filter(({ state }) => state === "building").map((build) => `${build.name}, version ${String(build.version)}`);
  const isBuilt = missing.every((each) => building.includes(each));
  if (missing.length > 0 && !isBuilt) return found("FAIL", "projections", name, `${String(missing.length)} have no live table of this program's version`, startProjector, missing);
  if (building.length > 0) return found("warn", "projections", name, `${String(building.length)} are being built`, "Wait until they are live.", building);
  return ok("projections", name, `${String(tables.length)} are live`);
}

async function parkedOf(client: Client, { name }: NodeAddress): Promise<Finding> {
  const { rows } = await client.query<{ text: string; key: string }>(`
    SELECT w.projection || '@' || w.position AS key, format('%s: event at position %s of %s%s', w.projection, w.position, w.stream_id, ': ' || w.error) AS text
    FROM read.parked_event w JOIN read.projection p ON (p.name, p.version, p.build) = (w.projection, w.version, w.build) AND p.state <> 'retired'
    ORDER BY w.error IS NULL, w.position LIMIT 1000`);
  return judge({ check: "parked_events", where: name, examined: "none", wrong: "events are parked: they could not be folded, or wait behind one that could not", remedy: "Mend the cause, then redrive.", problems: rows });
}

interface FoldedNode {
  readonly folds: readonly StreamFold[];
  readonly gaps: Problems;
}

async function foldAll(client: Client, { name }: NodeAddress, tables: readonly ReadTable[], builds: readonly Build[]): Promise<FoldedNode> {
  const { rows: [identity] } = await client.query<{ mark: number | null }>("SELECT bootstrap_arrival AS mark FROM node_identity");
  const gaps = new Problems();
  const folds: StreamFold[] = [];
  for (const table of tables) {
    const live = activeOf(table, builds);
    // A table that has not folded the node's first copy yet cannot be told: `projection_lag` tells of it.
    if (live && live.checkpoint >= (identity?.mark ?? Infinity)) folds.push(new StreamFold(table, live, await parkedPositions(client, live)));
  }
  for await (const chunk of chunksOfStreams(client)) {
    const whole = chunk.filter((stream) => isWhole(stream, name, gaps));
    for (const fold of folds) await fold.add(client, whole);
  }
  for (const fold of folds) await fold.finish(client);
  return { folds, gaps };
}

async function parkedPositions(client: Client, { name, version, build }: Build): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ position: string }>("SELECT position::text FROM read.parked_event WHERE projection = $1 AND version = $2 AND build = $3", [name, version, build]);
  return new Set(rows.map(({ position }) => position));
}

function isWhole({ streamId, events }: Stream, nodeName: string, gaps: Problems): boolean {
  const missing = events.findIndex(({ recorded }, index) => recorded.version !== index + 1);
  if (missing < 0) return true;
  gaps.add(streamId, `${streamId}: version ${String(missing + 1)} is missing on ${nodeName}, or is there twice`);
  return false;
}

/** What the quick fold could not prove the projector's own way of verifying has to tell. */
async function rowsOf(node: NodeAddress, fold: StreamFold, hasGaps: boolean): Promise<Finding> {
  const { table, differences, proven, rowCount } = fold;
  const { name } = table.projection;
  const check = `read_rows:${name}`;
  if (proven) return ok(check, node.name, `equal a fold of the log, ${inThousands(rowCount)} rows`);
  if (hasGaps) {
    return differences.length > 0 ? differing(check, node, name, differences)
      : found("warn", check, node.name, "cannot be told: events are missing on the node", `Run \`millrace resync ${node.name}\`.`);
  }
  try {
    const verified = await verifyProjection(node, table);
    if (verified.gap) return found("FAIL", check, node.name, `version ${String(verified.gap.missingVersion)} of ${verified.gap.streamId} is missing on the node`, `Run \`millrace resync ${node.name}\`.`);
    if (verified.differences.length > 0) return differing(check, node, name, verified.differences);
    return ok(check, node.name, `equal a fold of the log, ${inThousands(verified.events)} events`);
  } catch (error) {
    return found("FAIL", check, node.name, `could not be verified: ${messageOf(error)}`, rebuild(name));
  }
}

function differing(check: string, { name: nodeName }: NodeAddress, projection: string, keys: readonly string[]): Finding {
  return found("FAIL", check, nodeName, `rows of ${projection} are not what the log says`, rebuild(projection), keys.map((key) => `${projection} ${key}`));
}
