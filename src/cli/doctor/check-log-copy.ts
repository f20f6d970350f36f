import type { Client } from "pg";
import { inThousands, Problems, problemsMax, type Examined } from "./finding.js";
import { atPresent } from "./snapshot.js";

/** Positions a range: what differs is looked for in those only whose sums differ. */
const rangeSize = 10_000;

/** Sums over one range of a log. */
interface RangeSum {
  readonly range: string;
  readonly events: number;
  readonly sum: string;
}

/** The log's sums, and up to where they go. */
export interface LogDigest {
  readonly lastPosition: string;
  readonly events: number;
  readonly ranges: ReadonlyMap<string, RangeSum>;
}

/** Should two servers ever hash differently, ranges are compared event by event, by MD5: slower, and right. */
const digestSql = `
  SELECT (position / ${rangeSize})::text AS range, count(*)::float8 AS events,
    sum(hashtextextended(event_id::text || stream_id || version || type, position) # hashtextextended(data::text, position))::text AS sum
  FROM event_log WHERE position <= $1::bigint GROUP BY 1`;

const detailSql = `
  SELECT position::text, stream_id || '@' || version || ' ' || type AS event, md5(event_id::text || stream_id || version || type || data::text) AS digest
  FROM event_log WHERE position >= $1::bigint * ${rangeSize} AND position < ($1::bigint + 1) * ${rangeSize} AND position <= $2::bigint`;

export async function lastPositionOf(primary: Client): Promise<string> {
  const { rows: [row] } = await primary.query<{ position: string }>("SELECT coalesce(max(position), 0)::text AS position FROM event_log");
  return row?.position ?? "0";
}

export async function digestLog(client: Client, lastPosition: string): Promise<LogDigest> {
  const { rows } = await client.query<RangeSum>(digestSql, [lastPosition]);
  const events = rows.reduce((sum, range) => sum + range.events, 0);
  return { lastPosition, events, ranges: new Map(rows.map((row) => [row.range, row])) };
}

interface Compared {
  readonly nodeName: string;
  /** A snapshot from before the node confirmed all that is in it. */
  readonly primary: Client;
  readonly primaryUrl: string;
  readonly digest: LogDigest;
  /** A later snapshot. */
  readonly node: Client;
  readonly nodeUrl: string;
}

/**
 * Every event of the primary is on the node, unchanged, and nothing besides. The node may be ahead of the snapshot:
 * what only it has is asked for in the primary's present.
 */
export async function examineLogCopy({ nodeName, primary, primaryUrl, digest, node, nodeUrl }: Compared): Promise<Examined> {
  const own = await digestLog(node, digest.lastPosition);
  const problems = new Problems();
  const [extra, missing] = [new Map<string, string>(), new Map<string, string>()];
  for (const range of new Set([...digest.ranges.keys(), ...own.ranges.keys()])) {
    const [expected, there] = [digest.ranges.get(range), own.ranges.get(range)];
    if (expected?.events === there?.events && expected?.sum === there?.sum) continue;
    const detail = await Promise.all([primary, node].map((client) => readRange(client, range, digest.lastPosition)));
    compareRange(detail[0] ?? new Map(), detail[1] ?? new Map(), nodeName, problems, { extra, missing });
  }
  // One that has come meanwhile was late, and not skipped.
  for (const position of await absentNow(nodeUrl, [...missing.keys()])) {
    problems.add(position, `${missing.get(position) ?? ""} at position ${position} is missing on ${nodeName} (skipped)`);
  }
  for (const position of await absentNow(primaryUrl, [...extra.keys()])) {
    problems.add(position, `${extra.get(position) ?? ""} at position ${position} is on ${nodeName} and no longer on the primary`);
  }
  return {
    check: "log_copy", where: nodeName, examined: `holds every event up to position ${inThousands(Number(digest.lastPosition))}, ${inThousands(digest.events)} events`,
    wrong: "events that are not on the node as they are on the primary", problems: problems.list, count: problems.count,
    remedy: `Run \`millrace resync ${nodeName}\`; what is missing on the primary has to be restored there first.`,
  };
}

interface Detail { readonly event: string; readonly digest: string }

async function readRange(client: Client, range: string, lastPosition: string): Promise<ReadonlyMap<string, Detail>> {
  const { rows } = await client.query<Detail & { position: string }>(detailSql, [range, lastPosition]);
  return new Map(rows.map((row) => [row.position, row]));
}

function compareRange(expected: ReadonlyMap<string, Detail>, there: ReadonlyMap<string, Detail>, nodeName: string, problems: Problems, { extra, missing }: { readonly extra: Map<string, string>; readonly missing: Map<string, string> }): void {
  for (const [position, { event, digest }] of expected) {
    const own = there.get(position);
    if (!own) missing.set(position, event);
    else if (own.digest !== digest) problems.add(position, `${event} at position ${position} is another one on ${nodeName}`);
  }
  for (const [position, { event }] of there) {
    if (!expected.has(position) && extra.size < problemsMax) extra.set(position, event);
  }
}

/** Positions that a server does not have at present. */
async function absentNow(url: string, positions: readonly string[]): Promise<string[]> {
  if (positions.length === 0) return [];
  return atPresent(url, async (client) => {
    const { rows } = await client.query<{ position: string }>(
      "SELECT p::text AS position FROM unnest($1::bigint[]) p WHERE NOT EXISTS (SELECT FROM event_log e WHERE e.position = p)", [positions]);
    return rows.map(({ position }) => position);
  });
}
