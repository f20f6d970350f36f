import { percentile } from "../load.js";
import type { OpenRecord } from "./load-job.js";
import { isAccepted, outcomes } from "./outcome.js";
import { scheduleOf, type Plan } from "./schedule.js";

export interface StreamFigures {
  /** Clicks that were due in the phase. */
  readonly offered: number;
  /** Clicks that went out in the phase, a second. */
  readonly sentPerSecond: number;
  /** Wishes that got their order, and whose answer came while the phase lasted, a second. */
  readonly ordersPerSecond: number;
  /** Of the clicks that were due in the phase: each one counted, also repeated ones. */
  readonly accepted: number;
  readonly soldOut: number;
  readonly shed: number;
  /** Neither an order, nor sold out, nor a 503 with Retry-After. */
  readonly errors: number;
  readonly gaveUp: number;
  /** Of accepted clicks, from the moment they were due. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** p99 of what was answered at all but not accepted: those too should know at once. */
  readonly refusedP99Ms: number;
}

export interface PhaseFigures {
  readonly name: string;
  readonly hot: StreamFigures;
  readonly others: StreamFigures;
  /** How late clicks went out, 99 of 100: the load's own fault, or that of too few connections. */
  readonly sentLateP99Ms: number;
}

export function phaseFigures(plan: Plan, record: OpenRecord): PhaseFigures[] {
  const schedule = scheduleOf(plan);
  const clicks = Array.from(schedule.dueMs, (_, click) => click);
  const firstOrders = firstAcceptedOf(schedule.wish, record);
  let startMs = 0;
  return plan.phases.map(({ name, seconds }) => {
    const [fromMs, untilMs] = [startMs, startMs + seconds * 1_000];
    startMs = untilMs;
    const within = (atMs = NaN): boolean => atMs >= fromMs && atMs < untilMs;
    const figuresOf = (hot: 0 | 1): StreamFigures => {
      const stream = clicks.filter((click) => schedule.hot[click] === hot);
      return streamFigures(stream.filter((click) => within(schedule.dueMs[click])), schedule.dueMs, record, {
        sentPerSecond: stream.filter((click) => within(record.sentMs[click])).length / seconds,
        ordersPerSecond: stream.filter((click) => firstOrders.has(click) && within(record.answeredMs[click])).length / seconds,
      });
    };
    const late = clicks.filter((click) => within(schedule.dueMs[click])).map((click) => (record.sentMs[click] ?? NaN) - (schedule.dueMs[click] ?? 0)).filter((ms) => !Number.isNaN(ms));
    return { name, hot: figuresOf(1), others: figuresOf(0), sentLateP99Ms: percentile(late.sort((a, b) => a - b), 0.99) };
  });
}

function streamFigures(clicks: readonly number[], dueMs: Float64Array, { outcome, answeredMs }: OpenRecord, rates: Pick<StreamFigures, "sentPerSecond" | "ordersPerSecond">): StreamFigures {
  const count = (...which: readonly number[]): number => clicks.filter((click) => which.includes(outcome[click] ?? -1)).length;
  const latencies = (which: (outcome: number | undefined) => boolean): number[] =>
    clicks.filter((click) => which(outcome[click])).map((click) => (answeredMs[click] ?? 0) - (dueMs[click] ?? 0)).sort((a, b) => a - b);
  const accepted = latencies(isAccepted);
  return {
    ...rates, offered: clicks.length, accepted: accepted.length,
    soldOut: count(outcomes.soldOut), shed: count(outcomes.shed), gaveUp: count(outcomes.gaveUp),
    errors: count(outcomes.unanswered, outcomes.shedWithoutWait, outcomes.limited, outcomes.gaveUp, outcomes.other),
    p50Ms: percentile(accepted, 0.5), p99Ms: percentile(accepted, 0.99),
    refusedP99Ms: percentile(latencies((what) => what === outcomes.shed || what === outcomes.soldOut), 0.99),
  };
}

/** Of each wish the click whose order was known first. */
function firstAcceptedOf(wish: Uint32Array, { outcome, answeredMs }: OpenRecord): Set<number> {
  const first = new Map<number, number>();
  for (const [click, what] of outcome.entries()) {
    if (!isAccepted(what)) continue;
    const of = wish[click] ?? 0;
    const earlier = first.get(of);
    if (earlier === undefined || (answeredMs[click] ?? 0) < (answeredMs[earlier] ?? 0)) first.set(of, click);
  }
  return new Set(first.values());
}

const recoveredFactor = 2;

export interface Recovery {
  /** Seconds after the spike's end from which each second's p99 stays within twice that of before; null where it does not come to that. */
  readonly stays: number | null;
  /** p99 of each second after the spike's end. */
  readonly p99MsBySecond: readonly number[];
}

/** @param plan quiet, spike, quiet */
export function recoveryOf(plan: Plan, record: OpenRecord, beforeP99Ms: number): Recovery {
  const schedule = scheduleOf(plan);
  const [quiet, spike, after] = plan.phases;
  if (!quiet || !spike || !after) throw new Error("a recovery needs three phases");
  const endMs = (quiet.seconds + spike.seconds) * 1_000;
  const seconds: number[][] = Array.from({ length: Math.floor(after.seconds) }, () => []);
  for (const [click, dueMs] of schedule.dueMs.entries()) {
    if (dueMs < endMs || schedule.hot[click] !== 1 || !isAccepted(record.outcome[click])) continue;
    seconds[Math.floor((dueMs - endMs) / 1_000)]?.push((record.answeredMs[click] ?? 0) - dueMs);
  }
  const p99MsBySecond = seconds.map((latencies) => (latencies.length === 0 ? Infinity : percentile(latencies.sort((a, b) => a - b), 0.99)));
  const lastBad = p99MsBySecond.findLastIndex((p99Ms) => p99Ms > recoveredFactor * beforeP99Ms);
  return { stays: lastBad === p99MsBySecond.length - 1 ? null : lastBad + 1, p99MsBySecond };
}
