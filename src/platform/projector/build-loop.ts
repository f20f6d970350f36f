import { buildColumns, leadersOf, targetsOf, type Build } from "./build.js";
import { advanceBuild } from "./advance-build.js";
import type { FoldSettings } from "./fold-round.js";
import type { NodeSession } from "./node-session.js";
import type { Reporter } from "./reporter.js";

/** New tables, and active ones that fell behind: as far as this program can fold them. */
async function findUnfinished(session: NodeSession, settings: FoldSettings): Promise<readonly Build[]> {
  const client = await session.client();
  const { rows } = await client.query<Build>({
    name: "projector_unfinished",
    text: `SELECT ${buildColumns} FROM read.projection WHERE state <> 'retired' AND halted IS NULL ORDER BY name`,
  });
  const { rows: [identity] } = await client.query<{ mark: number | null }>({ name: "projector_mark", text: "SELECT bootstrap_arrival AS mark FROM node_identity" });
  const targets = targetsOf(rows, settings.tables);
  const { behind } = leadersOf(targets.filter(({ build }) => build.state === "active"), identity?.mark ?? 0);
  return [...targets.filter(({ build }) => build.state === "building"), ...behind].map(({ build }) => build);
}

/**
 * Brings what is unfinished up to the others, page by page, each in turn, beside the live fold.
 * @returns true where `forMs` passed first
 */
export async function runBuilds(session: NodeSession, settings: FoldSettings, reporter: Reporter, forMs: number, signal: AbortSignal): Promise<boolean> {
  const until = performance.now() + forMs;
  let unfinished = await findUnfinished(session, settings);
  while (unfinished.length > 0) {
    const next: Build[] = [];
    for (const build of unfinished) {
      if (signal.aborted) return false;
      if (performance.now() >= until) return true;
      const startedAt = performance.now();
      const { round, isolated, switched, done } = await advanceBuild(session, build, settings);
      reporter.round(round, startedAt);
      if (isolated) reporter.isolated(build.name, isolated);
      if (switched) reporter.differences(build.name, switched.differences);
      if (!done) next.push(build);
    }
    unfinished = next;
  }
  return false;
}
