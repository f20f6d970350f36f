import type { Target } from "./order-request.js";
import type { Plan } from "./schedule.js";

interface AnyJob {
  readonly target: Target;
  /** Makes this load's keys differ from every other's. */
  readonly load: number;
  /** One for each buyer. */
  readonly tokens: readonly string[];
  readonly patienceMs: number;
}

/** Clicks come when they are due, whatever became of those before. */
export interface OpenJob extends AnyJob {
  readonly kind: "open";
  readonly plan: Plan;
  /** Open before the load begins. */
  readonly connectionsWarm: number;
  readonly connectionsMax: number;
}

/** So many buyers, each of whom orders again as soon as it was answered. */
export interface ClosedJob extends AnyJob {
  readonly kind: "closed";
  readonly callers: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
}

export type LoadJob = OpenJob | ClosedJob;

interface AnyRecord {
  /** Of every accepted click. */
  readonly orderIds: readonly string[];
  /** The first answers that nobody foresaw, shortened. */
  readonly strange: readonly string[];
}

/** One entry a click, in the schedule's order. Times are milliseconds since the load's start; NaN where it did not come to that. */
export interface OpenRecord extends AnyRecord {
  readonly sentMs: Float64Array;
  readonly answeredMs: Float64Array;
  readonly outcome: Uint8Array;
  /** By click; empty where it was not accepted. */
  readonly orderIds: readonly string[];
  /** Shortest and longest Retry-After of those that were shed, in seconds. */
  readonly retryAfterSeconds: { readonly least: number; readonly most: number } | null;
  readonly mostConnections: number;
  readonly sentAgain: number;
}

export interface ClosedRecord extends AnyRecord {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly shed: number;
  /** Neither accepted nor shed. */
  readonly others: number;
}

export type LoadMessage = { readonly kind: "started" } | { readonly kind: "failed"; readonly why: string }
  | { readonly kind: "open"; readonly record: OpenRecord } | { readonly kind: "closed"; readonly record: ClosedRecord };
