import type { Build, BuildKey } from "./build.js";
import { foldRound, type FoldSettings, type RoundOutcome } from "./fold-round.js";
import { isolate, type Isolated } from "./isolate.js";
import type { NodeSession } from "./node-session.js";
import { switchBuild, type Switched } from "./switch-build.js";

/** One step of a build, or of an active table that fell behind. */
export interface Advance {
  readonly round: RoundOutcome;
  readonly isolated: Isolated | null;
  readonly switched: Switched | null;
  /** True where there is nothing more to do at the moment. */
  readonly done: boolean;
}

/** Folds the next page into one build, silently; a finished new table takes the place of the old one. */
export async function advanceBuild(session: NodeSession, build: Build, settings: FoldSettings): Promise<Advance> {
  const round = await foldRound(session, { kind: "one", ...keyOf(build) }, settings);
  const isolated = round.suspects.length > 0 ? await isolate(session, keyOf(build), settings) : null;
  const caughtUp = !round.more && round.gap === null && round.suspects.length === 0;
  const switched = caughtUp && build.state === "building" && !round.idle ? await switchBuild(session, keyOf(build), settings) : null;
  const done = isolated?.halted !== null && isolated !== null || (caughtUp && switched?.switched !== false);
  return { round, isolated, switched, done };
}

export function keyOf({ name, version, build }: BuildKey): BuildKey {
  return { name, version, build };
}
