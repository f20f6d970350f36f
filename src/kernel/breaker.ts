import type { Decider } from "./decider.js";
import { Refusal } from "./refusal.js";
import { after, millisecondsBetween } from "./time.js";

/** `held_open`: by hand. */
export type BreakerState = "closed" | "half_open" | "open" | "held_open";

/** Why a breaker opened by itself: too many of its calls failed, too many in a row, or a probe did. */
export type OpeningReason = "failure_rate" | "failures_in_row" | "probe_failed";

interface OfBreaker {
  /** The neighbour's name, e.g. `swift` or `stripe`. */
  readonly party: string;
  /** RFC 3339. */
  readonly at: string;
}

/** A process uses this neighbour for the first time ever. */
export interface BreakerInstalled extends OfBreaker {
  readonly type: "BreakerInstalled";
}

export interface BreakerOpened extends OfBreaker {
  readonly type: "BreakerOpened";
  /** True where calls go out all the same. */
  readonly dryRun: boolean;
  readonly reason: OpeningReason;
  /** From 0 to 1, and of how many calls, in the window of the process that tripped; null after a probe. */
  readonly failureRate: number | null;
  readonly calls: number | null;
  /** 1 when it was closed before; each further one doubles the time. */
  readonly openings: number;
  readonly openUntil: string;
}

export interface BreakerHalfOpened extends OfBreaker {
  readonly type: "BreakerHalfOpened";
}

/** A process has the right to try the neighbour; it is over at `until`, whatever became of that process. */
export interface BreakerProbeClaimed extends OfBreaker {
  readonly type: "BreakerProbeClaimed";
  readonly probeId: string;
  readonly until: string;
}

export interface BreakerProbeSucceeded extends OfBreaker {
  readonly type: "BreakerProbeSucceeded";
  readonly probeId: string;
}

/** All probes went well. */
export interface BreakerClosed extends OfBreaker {
  readonly type: "BreakerClosed";
}

/** An operator has closed the way; it stays so until somebody resets it. */
export interface BreakerHeldOpen extends OfBreaker {
  readonly type: "BreakerHeldOpen";
  readonly reason: string;
  readonly by: string;
}

/** An operator has closed the breaker, whatever was seen; a pause that the neighbour asked for ends as well. */
export interface BreakerReset extends OfBreaker {
  readonly type: "BreakerReset";
  readonly by: string;
}

export interface BreakerDryRunSet extends OfBreaker {
  readonly type: "BreakerDryRunSet";
  readonly dryRun: boolean;
  readonly by: string;
}

export type BreakerEvent =
  | BreakerInstalled | BreakerOpened | BreakerHalfOpened | BreakerProbeClaimed | BreakerProbeSucceeded | BreakerClosed
  | BreakerHeldOpen | BreakerReset | BreakerDryRunSet;

/** How a breaker stands. */
export type BreakerCondition = {
  readonly installed: boolean;
  /** `open` also when its time is over and nobody has probed yet: see `stateAt`. */
  readonly state: BreakerState;
  readonly dryRun: boolean;
  /** RFC 3339; null while it is closed or held. */
  readonly openUntil: string | null;
  readonly openings: number;
  /** How often it was closed: who saw failures before has no say afterwards. */
  readonly closings: number;
  readonly resets: number;
  readonly probes: readonly { readonly probeId: string; readonly until: string }[];
  readonly probesSucceeded: number;
  readonly changes: number;
};

/** How long it is open: at first, and at most; it is doubled with each probe that fails. */
export interface OpenTimes {
  readonly openMs: number;
  readonly openMaxMs: number;
}

/** What a process or an operator wants of a breaker. */
export type BreakerMove = { readonly party: string } & (
  | { readonly type: "Install" }
  /** `closings` as the process knows them: what it saw before a closing counts no more. */
  | ({ readonly type: "Trip"; readonly closings: number } & Pick<BreakerOpened, "failureRate" | "calls" | "reason"> & OpenTimes)
  | { readonly type: "ClaimProbe"; readonly probeId: string; readonly probesMax: number; readonly probeMs: number }
  | { readonly type: "ProbeSucceeded"; readonly probeId: string; readonly probesMax: number }
  | ({ readonly type: "ProbeFailed"; readonly probeId: string } & OpenTimes)
  | { readonly type: "HoldOpen"; readonly reason: string; readonly by: string }
  | { readonly type: "Reset"; readonly by: string }
  | { readonly type: "SetDryRun"; readonly dryRun: boolean; readonly by: string }
);

export type BreakerCommand = BreakerMove & { readonly now: string };

/**
 * The rules of a breaker. They stand in the kernel because two need them: the command that decides for all processes, and the
 * process that decides alone while the primary is away.
 */
export const breakerDecider: Decider<BreakerCondition, BreakerCommand, BreakerEvent> = {
  initial: {
    installed: false, state: "closed", dryRun: false, openUntil: null, openings: 0, closings: 0, resets: 0, probes: [], probesSucceeded: 0, changes: 0,
  },
  decide(command, breaker) {
    const { party, now: at } = command;
    const installed: readonly BreakerEvent[] = breaker.installed ? [] : [{ type: "BreakerInstalled", party, at }];
    const events = movedBy(command, breaker);
    return events.length > 0 || command.type === "Install" ? [...installed, ...events] : [];
  },
  evolve(before, event) {
    const breaker = { ...before, changes: before.changes + 1 };
    switch (event.type) {
      case "BreakerInstalled": return { ...breaker, installed: true };
      case "BreakerOpened": return { ...breaker, ...noProbes, state: "open", openUntil: event.openUntil, openings: event.openings };
      case "BreakerHalfOpened": return { ...breaker, ...noProbes, state: "half_open" };
      case "BreakerProbeClaimed": {
        const { probeId, until } = event;
        return { ...breaker, probes: [...breaker.probes.filter((probe) => isUnderWay(probe, event.at)), { probeId, until }] };
      }
      case "BreakerProbeSucceeded": {
        const probes = breaker.probes.filter(({ probeId }) => probeId !== event.probeId);
        return { ...breaker, probes, probesSucceeded: breaker.probesSucceeded + 1 };
      }
      case "BreakerHeldOpen": return { ...breaker, ...noProbes, state: "held_open", openUntil: null };
      case "BreakerClosed": return closed(breaker);
      case "BreakerReset": return { ...closed(breaker), resets: breaker.resets + 1 };
      case "BreakerDryRunSet": return { ...breaker, dryRun: event.dryRun };
    }
  },
};

const noProbes = { probes: [], probesSucceeded: 0 };

function closed(breaker: BreakerCondition): BreakerCondition {
  return { ...breaker, ...noProbes, state: "closed", openUntil: null, openings: 0, closings: breaker.closings + 1 };
}

function movedBy(command: BreakerCommand, breaker: BreakerCondition): readonly BreakerEvent[] {
  const { party, now: at } = command;
  switch (command.type) {
    case "Install": return [];
    case "Trip": {
      const { reason, failureRate, calls } = command;
      if (breaker.state !== "closed" || command.closings !== breaker.closings) return [];
      return [opened(command, breaker, { reason, failureRate, calls })];
    }
    case "ClaimProbe": {
      if (!isProbeFree(breaker, at, command.probesMax)) return [];
      const claimed: BreakerEvent = { type: "BreakerProbeClaimed", party, probeId: command.probeId, until: after(at, command.probeMs), at };
      return breaker.state === "open" ? [{ type: "BreakerHalfOpened", party, at }, claimed] : [claimed];
    }
    case "ProbeSucceeded": {
      const { probeId, probesMax } = command;
      if (!isKnown(probeId, breaker)) return [];
      const succeeded: BreakerEvent = { type: "BreakerProbeSucceeded", party, probeId, at };
      return breaker.probesSucceeded + 1 >= probesMax ? [succeeded, { type: "BreakerClosed", party, at }] : [succeeded];
    }
    case "ProbeFailed":
      return isKnown(command.probeId, breaker) ? [opened(command, breaker, { reason: "probe_failed", failureRate: null, calls: null })] : [];
    case "HoldOpen":
      if (command.reason.trim() === "") throw new Refusal("NO_REASON", "Say why: whoever looks at it later will ask.", "reason");
      return breaker.state === "held_open" ? [] : [{ type: "BreakerHeldOpen", party, reason: command.reason, by: command.by, at }];
    // Also where it is closed: the pause that the neighbour asked for ends by it, and what was counted is forgotten.
    case "Reset": return [{ type: "BreakerReset", party, by: command.by, at }];
    case "SetDryRun":
      return breaker.dryRun === command.dryRun ? [] : [{ type: "BreakerDryRunSet", party, dryRun: command.dryRun, by: command.by, at }];
  }
}

function opened(
  { party, now: at, openMs, openMaxMs }: { readonly party: string; readonly now: string } & OpenTimes, { openings: before, dryRun }: BreakerCondition,
  why: Pick<BreakerOpened, "reason" | "failureRate" | "calls">,
): BreakerOpened {
  const openForMs = Math.min(openMaxMs, openMs * 2 ** Math.min(before, 16));
  return { type: "BreakerOpened", party, dryRun, ...why, openings: before + 1, openUntil: after(at, openForMs), at };
}

/** Its state, the passing of time included: when it has been open for long enough, whoever comes next is a probe. */
export function stateAt({ state, openUntil }: Pick<BreakerCondition, "state" | "openUntil">, now: string): BreakerState {
  return state === "open" && openUntil !== null && millisecondsBetween(now, openUntil) <= 0 ? "half_open" : state;
}

/**
 * Whether it is half open and one more probe may try the neighbour. All of them have to succeed, so that more are of no use; where as many
 * have succeeded before fewer were asked for, one more closes it.
 * @param asked probes that this process is asking for just now
 */
export function isProbeFree(breaker: BreakerCondition, now: string, probesMax: number, asked = 0): boolean {
  if (stateAt(breaker, now) !== "half_open") return false;
  return breaker.probes.filter((probe) => isUnderWay(probe, now)).length + asked < Math.max(1, probesMax - breaker.probesSucceeded);
}

function isUnderWay({ until }: { readonly until: string }, now: string): boolean {
  return millisecondsBetween(now, until) > 0;
}

/** One who comes too late, since his claim was given to another or the breaker has moved on, has no say. */
function isKnown(probeId: string, { state, probes }: BreakerCondition): boolean {
  return state === "half_open" && probes.some((probe) => probe.probeId === probeId);
}
