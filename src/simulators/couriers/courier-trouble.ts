import { happens } from "../faults.js";
import type { SimulatorOutcome } from "../simulator-server.js";
import { problem } from "./courier-messages.js";
import type { CourierQuirks } from "./courier-quirks.js";

export const callKinds = ["rates", "book", "find", "cancel", "track", "label", "instruct"] as const;

export type CallKind = typeof callKinds[number];

/** Nothing was done. */
const befores = ["fail_before", "unavailable", "rate_limited", "hang_before", "cut_before", "garbage_before", "refuse_cancel"] as const;
/** It was done. */
const afters = ["hang_after", "cut_after", "fail_after", "garbage_after"] as const;

export type Before = typeof befores[number];
export type After = typeof afters[number];

/** What goes wrong with one call. */
export interface Trouble {
  /** Waits, then does it. */
  readonly latencyMs: number;
  readonly before: Before | null;
  readonly after: After | null;
  /** Does it, waits, then answers. */
  readonly lateMs: number;
}

export const noTrouble: Trouble = { latencyMs: 0, before: null, after: null, lateMs: 0 };

const waitMaxMs = 3_600_000;

/** What the standing quirks bring to a call, by chance. @param method of the call: 500 by chance comes only where something is changed or priced */
export function troubleByChance(quirks: CourierQuirks, kind: CallKind, method: string, random: () => number): Trouble {
  const latencyMs = quirks.latencyMs + (kind === "rates" ? quirks.rateLatencyMs : 0);
  const before = beforeByChance(quirks, kind, method, random);
  if (before !== null) return { ...noTrouble, latencyMs, before };
  if (kind === "cancel") return { ...noTrouble, latencyMs, after: happens(quirks.cancelTimeoutRate, random) ? "hang_after" : null };
  if (kind !== "book") return { ...noTrouble, latencyMs };
  const after = happens(quirks.timeoutAfterRate, random) ? "hang_after" : happens(quirks.failAfterRate, random) ? "fail_after" : null;
  return { latencyMs, before, after, lateMs: happens(quirks.lateAnswerRate, random) ? quirks.lateAnswerMs : 0 };
}

function beforeByChance(quirks: CourierQuirks, kind: CallKind, method: string, random: () => number): Before | null {
  if (quirks.hang || happens(quirks.hangRate, random)) return "hang_before";
  if (quirks.down) return "unavailable";
  if (happens(quirks.resetRate, random)) return "cut_before";
  if (happens(quirks.garbageRate, random)) return "garbage_before";
  if (method === "POST" && happens(quirks.failRate, random)) return "fail_before";
  return kind === "cancel" && happens(quirks.cancelRefusedRate, random) ? "refuse_cancel" : null;
}

/** Adds what was ordered: `hang_after,latency=500`. @throws RangeError naming what is wrong */
export function withOrdered(trouble: Trouble, text: string): Trouble {
  return text.split(",").reduce((sum, part): Trouble => {
    const [name = "", value] = part.trim().split("=", 2);
    if (name === "latency") return { ...sum, latencyMs: milliseconds(name, value) };
    if (name === "late") return { ...sum, lateMs: milliseconds(name, value) };
    const before = befores.find((each) => each === name), after = afters.find((each) => each === name);
    if (value !== undefined || (!before && !after)) {
      throw new RangeError(`there is no fault "${part.trim()}"; there are ${[...befores, ...afters, "latency=<ms>", "late=<ms>"].join(", ")}`);
    }
    return before ? { ...sum, before } : { ...sum, after: after ?? null };
  }, trouble);
}

function milliseconds(name: string, value: string | undefined): number {
  if (value === undefined || !/^\d{1,7}$/.test(value) || Number(value) > waitMaxMs) throw new RangeError(`${name} takes milliseconds, 0 to ${waitMaxMs}`);
  return Number(value);
}

const garbage: SimulatorOutcome = {
  status: 200, body: Buffer.from("<!doctype html><title>Maintenance</title><p>We are back soon."), headers: { "content-type": "text/html" },
};

/** What the caller gets instead of an answer. */
export function troubleAnswer(trouble: Before | After): SimulatorOutcome {
  switch (trouble) {
    case "hang_before": case "hang_after": return "silence";
    case "cut_before": case "cut_after": return "cut";
    case "garbage_before": case "garbage_after": return garbage;
    case "fail_before": case "fail_after": return problem(500, "internal", "Failed (ordered from the simulator).");
    case "unavailable": return problem(503, "unavailable", "Down (ordered from the simulator).");
    case "rate_limited": return { ...problem(429, "rate_limited", "Too many calls (ordered from the simulator)."), headers: { "retry-after": "1" } };
    case "refuse_cancel": return problem(422, "not_cancellable", "We do not call this one off (ordered from the simulator).");
  }
}
