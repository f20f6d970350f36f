import { SystemError } from "../errors.js";
import { abortable } from "./abortable.js";
import type { LivePort } from "./live-port.js";
import { LiveSubscription, type CurrentNode } from "./live-subscription.js";
import { pause } from "./pause.js";

/** A row as the loader found it; `version` grows with every change of the row, on every node alike. */
export interface LiveRow<T> {
  readonly version: number;
  readonly value: T;
  /**
   * When the value becomes another one by the clock alone, in milliseconds since 1970: it is read again then, and
   * delivered though its version is the same.
   */
  readonly changesAt?: number | null;
  /** True where nothing comes after it: following ends. */
  readonly isLast?: boolean;
}

export interface LiveRowsOptions<T> {
  readonly live: LivePort;
  /** The node that is read now, e.g. `() => context.readNode()`; asked before every read. */
  readonly node: CurrentNode;
  /** E.g. `order:<id>`. */
  readonly channel: string;
  /** Reads the row past every cache; null where it is not there (yet). */
  readonly load: () => Promise<LiveRow<T> | null>;
  /** Version that the client has seen already: only later ones are delivered. Default 0. */
  readonly after?: number;
  /** The row is read again at least this often, since a pointer may get lost. */
  readonly refreshMs: number;
  /** Least time between two deliveries; what changes meanwhile is delivered as one, the newest. Default 0. */
  readonly minIntervalMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * A row, live: the snapshot first, then every version that is newer than the last one delivered. Versions may
 * be passed over (a pointer says "read again", and the newest is read), never repeated and never go backward.
 * Nothing queues: while the client is slow, pointers merge into one, and with `minIntervalMs` also while it is not.
 * @throws SystemError where the first read fails; later, a node that does not answer is asked again after `refreshMs`
 */
export function liveRows<T>(options: LiveRowsOptions<T>): AsyncGenerator<T, void, undefined> {
  return abortable((signal) => follow(options, signal), options.signal);
}

interface Delivered {
  readonly version: number;
  readonly changesAt: number | null;
  /** By `performance.now()`, which no setting of the clock moves. */
  readonly at: number;
}

async function* follow<T>(options: LiveRowsOptions<T>, signal: AbortSignal): AsyncGenerator<T, void, undefined> {
  const { refreshMs, minIntervalMs = 0 } = options;
  const subscription = new LiveSubscription(options.live, options.channel);
  let last: Delivered = { version: options.after ?? 0, changesAt: null, at: -Infinity };
  let first = true;
  try {
    while (!signal.aborted) {
      const lookedAt = Date.now();
      const row = await readOnce(options, subscription, first);
      first = false;
      if (row && isNews(row, last, lookedAt) && !isAborted(signal)) {
        last = { version: row.version, changesAt: row.changesAt ?? null, at: performance.now() };
        yield row.value;
        if (row.isLast === true) return;
      }
      if (await subscription.news.wait(waitMs(last, lookedAt, refreshMs), signal) === "aborted") return;
      // Only after news: who follows a row at rest costs no timer but that of the next look.
      await pause(last.at + minIntervalMs - performance.now(), signal);
    }
  } finally {
    subscription.close();
  }
}

/** A node that is behind the last one may hold an older row: it is dropped like a repeated one. */
function isNews({ version }: LiveRow<unknown>, last: Delivered, lookedAt: number): boolean {
  return version > last.version || (version === last.version && last.changesAt !== null && lookedAt >= last.changesAt);
}

/** Until the next look. A moment of change that was looked at and brought nothing, as where a node does not answer, is not waited for again. */
function waitMs({ changesAt }: Delivered, lookedAt: number, refreshMs: number): number {
  if (changesAt === null || lookedAt >= changesAt) return refreshMs;
  return Math.min(refreshMs, Math.max(0, changesAt - Date.now()));
}

/** Subscribes before it reads: what changes in between is then heard, and read again. */
async function readOnce<T>({ node, load }: LiveRowsOptions<T>, subscription: LiveSubscription, first: boolean): Promise<LiveRow<T> | null> {
  try {
    await subscription.follow(node().name);
    subscription.news.lower();
    return await load();
  } catch (error) {
    if (first || !isUnavailable(error)) throw error;
    return null;
  }
}

export function isUnavailable(error: unknown): boolean {
  return error instanceof SystemError && error.code === "READ_UNAVAILABLE";
}

/** Asked anew after every wait; the compiler would take an earlier answer for the last word. */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
