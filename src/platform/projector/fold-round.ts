import type { Client } from "pg";
import { settlePipeline } from "../bus/pipeline.js";
import { classify } from "../bus/failure.js";
import type { Pointer } from "../live/live-port.js";
import { compareCursors, cursorOf, leadersOf, targetsOf, type FoldTarget } from "./build.js";
import { lockBuilds, moveCheckpoints, type BuildSelection } from "./checkpoint.js";
import type { Upcast } from "./event-row.js";
import { eventsFor, foldEvents, type Folded } from "./fold-events.js";
import { readPage, standingAfter, type LogGap, type LogPage } from "./log-page.js";
import type { NodeSession } from "./node-session.js";
import { park, parkedStreams, splitParked, type ParkedEvent } from "./parking.js";
import type { ReadTable } from "./read-table.js";
import { sendChanges } from "./row-store.js";

export interface FoldSettings {
  readonly tables: readonly ReadTable[];
  /** Events a round; default 1,000. */
  readonly pageSize?: number | undefined;
  readonly upcast?: Upcast | undefined;
}

/** What one round came to. */
export interface RoundOutcome {
  /** Events of the log that were passed. */
  readonly events: number;
  /** By projection, how many of them mattered to it. */
  readonly folded: ReadonlyMap<string, number>;
  readonly pointers: readonly Pointer[];
  readonly gap: LogGap | null;
  /** Builds that could not be folded with the others: each is to be folded alone. */
  readonly suspects: readonly FoldTarget[];
  /** Active builds too far behind for this round. */
  readonly behind: readonly FoldTarget[];
  /** True where the log may hold more. */
  readonly more: boolean;
  /** True where nothing could be locked: another process is at it, or there is nothing to fold into. */
  readonly idle: boolean;
}

export const nothingDone: RoundOutcome = { events: 0, folded: new Map(), pointers: [], gap: null, suspects: [], behind: [], more: false, idle: true };

/**
 * Folds the next page of the log into all chosen builds: rows and checkpoints in one transaction, so that each
 * event takes effect once whatever dies when. Four round trips, however many projections: lock, read, load, write.
 *
 * DESIGN speaks of a queue and a fold per projection. Seven of them would read the log seven times and run
 * seven jobs for each order; here those that stand close together share one read and one transaction, and still
 * each has its own checkpoint: one that fails is left out (`suspects`), falls behind alone, and is worked on alone.
 *
 * @throws what is no event's fault: a lost connection, a full disk. Nothing has happened then.
 */
export async function foldRound(session: NodeSession, selection: BuildSelection, settings: FoldSettings): Promise<RoundOutcome> {
  const client = await session.client();
  try {
    return await runRound(client, selection, settings);
  } catch (error) {
    await session.rollback();
    throw error;
  }
}

async function runRound(client: Client, selection: BuildSelection, settings: FoldSettings): Promise<RoundOutcome> {
  const { builds, bootstrapArrival } = await lockBuilds(client, selection);
  const targets = targetsOf(builds, settings.tables);
  if (targets.length === 0 || bootstrapArrival === null) {
    await client.query("ROLLBACK");
    return nothingDone;
  }
  const { leaders, behind } = leadersOf(targets, bootstrapArrival);
  const page = await readPage(client, { from: firstCursor(leaders, bootstrapArrival), bootstrapArrival, limit: settings.pageSize ?? 1_000, upcast: settings.upcast });
  const base = { events: page.events.length, gap: page.gap, behind, more: !page.end && page.gap === null, idle: false };
  const isFinishingBootstrap = page.from.phase === "bootstrap" && page.end && page.gap === null;
  if (page.events.length === 0 && !isFinishingBootstrap) {
    await client.query("ROLLBACK");
    return { ...base, folded: new Map(), pointers: [], suspects: [] };
  }
  const works = await Promise.all(leaders.map((target) => foldInto(client, target, page)));
  const done = works.filter((work): work is DoneWork => work.result !== null);
  const suspects = works.filter(({ result }) => result === null).map(({ target }) => target);
  const failed = await writeAll(client, done, page);
  // Which of the tables refused is not known, and does not matter: each is folded alone now.
  if (failed) return { ...base, folded: new Map(), pointers: [], suspects: leaders };
  const live = page.from.phase === "live";
  return {
    ...base,
    more: base.more || isFinishingBootstrap,
    folded: new Map(done.map(({ target, result }) => [target.build.name, result.eventCount])),
    pointers: live ? done.flatMap(({ target, result }) => (target.build.state === "active" ? result.pointers : [])) : [],
    suspects,
  };
}

function firstCursor(targets: readonly FoldTarget[], bootstrapArrival: number): ReturnType<typeof cursorOf> {
  const cursors = targets.map(({ build }) => cursorOf(build, bootstrapArrival)).sort(compareCursors);
  const [first] = cursors;
  if (!first) throw new Error("a round needs at least one build");
  return first;
}

interface Work {
  readonly target: FoldTarget;
  /** Null where a handler threw. */
  readonly result: Folded | null;
  readonly join: readonly ParkedEvent[];
}

type DoneWork = Work & { readonly result: Folded };

async function foldInto(client: Client, target: FoldTarget, page: LogPage): Promise<Work> {
  const events = eventsFor(target, page);
  const { fold, join } = splitParked(events, await parkedStreams(client, target, events));
  try {
    return { target, result: await foldEvents(client, target, fold), join };
  } catch (error) {
    // A statement that failed has ended the transaction for all: nothing is lost, each is folded alone.
    if (classify(error) !== "poison") throw error;
    return { target, result: null, join };
  }
}

/** @returns true where the tables refused something; nothing is kept then */
async function writeAll(client: Client, done: readonly DoneWork[], page: LogPage): Promise<boolean> {
  const standing = standingAfter(page);
  try {
    const queries = done.flatMap(({ target, result }) => sendChanges(client, target.table, target.relation, result.batch));
    const parked = done.map(({ target, join }) => park(client, target.build, join));
    const moved = moveCheckpoints(client, done.map(({ target: { build } }) => ({ name: build.name, version: build.version, build: build.build, ...standing })));
    const committed = client.query("COMMIT");
    const [results] = await Promise.all([settlePipeline([...queries, committed]), moved, ...parked]);
    return results.at(-1)?.command !== "COMMIT";
  } catch (error) {
    if (classify(error) !== "poison" && !isAborted(error)) throw error;
    await client.query("ROLLBACK");
    return true;
  }
}

/** 25P02: an earlier statement of the transaction failed, which is the one to blame. */
function isAborted(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === "25P02";
}
