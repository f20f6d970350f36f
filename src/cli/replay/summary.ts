import type { Count } from "./count-orders.js";
import type { PrimaryCount } from "./count-at-primary.js";
import type { LineRange, Survey } from "./survey.js";
import { countOf, type Tally } from "./tally.js";

export interface Outcome {
  readonly file: string;
  readonly replay: string;
  readonly range: LineRange;
  readonly survey: Survey;
  readonly tally: Tally;
  /** Promised orders by state, as the live feed and the queries told. */
  readonly states: Readonly<Record<string, number>>;
  /** Promised orders that came to no end in time, or null where nobody followed them. */
  readonly unfinished: readonly string[] | null;
  readonly api: Count | null;
  readonly primary: PrimaryCount | null;
  /** Why the primary was not asked. */
  readonly primaryRemark: string | null;
  readonly live: { readonly reconnects: number; readonly gaps: number };
  /** From the first order sent to the last one at its end. */
  readonly wholeMs: number;
  readonly stopped: boolean;
}

/** The summary as `--json` prints it. Null where it was not counted. */
export interface Summary {
  readonly file: string;
  readonly replay: string;
  readonly lines: { readonly inFile: number; readonly first: number; readonly last: number };
  readonly unusable: Survey["unusable"];
  readonly notProducts: Readonly<Record<string, { readonly count: number; readonly firstLine: number }>>;
  /** Acknowledged now, and not before. */
  readonly placed: number;
  /** Acknowledged again with the answer of an earlier run. */
  readonly replayed: number;
  readonly refused: Readonly<Record<string, readonly number[]>>;
  readonly unanswered: Readonly<Record<string, readonly number[]>>;
  readonly repeats: Readonly<Record<string, number>>;
  readonly states: Readonly<Record<string, number>>;
  readonly delivered: number;
  readonly lost: number | null;
  readonly lostOrders: readonly string[];
  readonly doubled: number | null;
  readonly doubledOrders: readonly string[];
  readonly chargedTwice: number | null;
  readonly ordersPerSecond: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number } | null;
  readonly placingSeconds: number;
  readonly wholeSeconds: number;
  readonly live: Outcome["live"];
  readonly countedAt: readonly ("api" | "primary")[];
  readonly remark: string | null;
  readonly stopped: boolean;
  /** Everything that was promised is kept, and everything that could be ordered was answered. */
  readonly ok: boolean;
}

export function summarize(outcome: Outcome): Summary {
  const { survey, tally, range, stopped } = outcome;
  const promises = promisesOf(outcome);
  const seconds = tally.placingMs / 1_000;
  return {
    file: outcome.file, replay: outcome.replay,
    lines: { inFile: survey.linesTotal, first: range.first, last: Math.min(range.last, survey.linesTotal) },
    unusable: survey.unusable, notProducts: Object.fromEntries(survey.notProducts),
    placed: tally.acknowledged.size - tally.replayed, replayed: tally.replayed,
    refused: Object.fromEntries(tally.refused), unanswered: Object.fromEntries(tally.unanswered), repeats: Object.fromEntries(tally.repeats),
    states: outcome.states, delivered: outcome.states["DELIVERED"] ?? 0,
    ...promises,
    ordersPerSecond: seconds === 0 ? 0 : round(tally.acknowledged.size / seconds), latencyMs: latencies(tally.latenciesMs),
    placingSeconds: round(seconds), wholeSeconds: round(outcome.wholeMs / 1_000), live: outcome.live, remark: outcome.primaryRemark, stopped,
    ok: promises.lostOrders.length === 0 && !promises.doubled && !promises.chargedTwice && countOf(tally.unanswered) === 0 && !stopped,
  };
}

type Promises = Pick<Summary, "lost" | "lostOrders" | "doubled" | "doubledOrders" | "chargedTwice" | "countedAt">;

function promisesOf({ api, primary, unfinished, tally }: Outcome): Promises {
  const counts = [api, primary].filter((count) => count !== null);
  const missing = counts.flatMap((count) => count.missing.map(({ orderId }) => orderId));
  const lostOrders = [...new Set([...missing, ...unfinished ?? []])];
  const doubledOrders = [...new Set(counts.flatMap(({ doubled }) => doubled))];
  const counted = counts.length > 0;
  return {
    lost: counted ? lostOrders.length : null, lostOrders,
    doubled: counted ? doubledOrders.length + tally.contradicted.length : null, doubledOrders,
    chargedTwice: primary?.chargedTwice.length ?? null,
    countedAt: [...(api ? ["api" as const] : []), ...(primary ? ["primary" as const] : [])],
  };
}

function latencies(milliseconds: readonly number[]): Summary["latencyMs"] {
  const sorted = Float64Array.from(milliseconds).sort();
  const at = (share: number): number => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return sorted.length === 0 ? null : { p50: at(0.5), p99: at(0.99), max: at(1) };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
