import type { ReadTable } from "./read-table.js";

/** A table of a projection, as `read.projection` knows it: one row a version and build. */
export interface Build {
  readonly name: string;
  readonly version: number;
  /** 1 for the first table of a version, one more for each rebuild of the same version. */
  readonly build: number;
  readonly tableName: string;
  readonly state: "building" | "active" | "retired";
  /** Highest arrival that is folded; before the bootstrap mark is reached it stands still. */
  readonly checkpoint: number;
  /** Highest position that is folded of the node's first copy. */
  readonly bootstrapPosition: number;
  /** Events that wait in `read.parked_event`. */
  readonly parked: number;
  /** Why it stands still; null where it does not. */
  readonly halted: string | null;
}

export type BuildKey = Pick<Build, "name" | "version" | "build">;

/** What a query of `read.projection` must select for a `Build`. */
export const buildColumns =
  `name, version, build, table_name AS "tableName", state, checkpoint, bootstrap_position AS "bootstrapPosition", parked, halted`;

/** A build and the code that folds it. */
export interface FoldTarget {
  readonly build: Build;
  readonly table: ReadTable;
  /** The build's table, quoted for SQL. */
  readonly relation: string;
}

/** What this process can fold: a build of another version than the code's is left to a process that has it. */
export function targetsOf(builds: readonly Build[], tables: readonly ReadTable[]): FoldTarget[] {
  return builds.flatMap((build) => {
    const table = tables.find(({ projection }) => projection.name === build.name && projection.version === build.version);
    return table ? [{ build, table, relation: quoteRelation(build.tableName) }] : [];
  });
}

/** Where a build stands in the log. The first copy is read by position, what came later by arrival. */
export interface LogCursor {
  readonly phase: "bootstrap" | "live";
  /** Position or arrival, by phase. */
  readonly at: number;
}

/** @param bootstrapArrival highest arrival of the node's first copy, 0 where the log was empty then */
export function cursorOf({ checkpoint, bootstrapPosition }: Pick<Build, "checkpoint" | "bootstrapPosition">, bootstrapArrival: number): LogCursor {
  return checkpoint >= bootstrapArrival ? { phase: "live", at: checkpoint } : { phase: "bootstrap", at: bootstrapPosition };
}

export function compareCursors(a: LogCursor, b: LogCursor): number {
  return a.phase === b.phase ? a.at - b.at : (a.phase === "live" ? 1 : -1);
}

/** Projections that stand this close together are folded from one read of the log. */
const nearby = 1_000;

/**
 * The active builds that go on together: those near the one that is furthest. The others fell behind (a new
 * table, an error that held one up) and are brought up by `projector.build`, so that they slow nobody down.
 */
export function leadersOf(targets: readonly FoldTarget[], bootstrapArrival: number): { leaders: FoldTarget[]; behind: FoldTarget[] } {
  const cursors = targets.map((target) => cursorOf(target.build, bootstrapArrival));
  const front = cursors.reduce<LogCursor | null>((best, cursor) => (best === null || compareCursors(cursor, best) > 0 ? cursor : best), null);
  const isNear = (cursor: LogCursor): boolean => front !== null && cursor.phase === front.phase && front.at - cursor.at <= nearby;
  return {
    leaders: targets.filter((_target, index) => isNear(cursors[index] ?? { phase: "bootstrap", at: -1 })),
    behind: targets.filter((_target, index) => !isNear(cursors[index] ?? { phase: "bootstrap", at: -1 })),
  };
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A table or view of the node, quoted and with its schema, so that no `search_path` matters. */
export function quoteRelation(name: string): string {
  return `"read".${quoteName(name)}`;
}
