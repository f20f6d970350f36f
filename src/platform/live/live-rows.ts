import { SystemError } from "../errors.js";
import { abortable } from "./abortable.js";
import type { LivePort } from "./live-port.js";
import { LiveSubscription, type CurrentNode } from "./live-subscription.js";

/** A row as the loader found it; `version` grows with every change of the row, on every node alike. */
export interface LiveRow<T> {
  readonly version: number;
  readonly value: T;
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
  readonly signal?: AbortSignal;
}

/**
 * A row, live: the snapshot first, then every version that is newer than the last one delivered. Versions may
 * be passed over (a pointer says "read again", and the newest is read), never repeated and never go backward.
 * Nothing queues: while the client is slow, pointers merge into one.
 * @throws SystemError where the first read fails; later, a node that does not answer is asked again after `refreshMs`
 */
export function liveRows<T>(options: LiveRowsOptions<T>): AsyncGenerator<T, void, undefined> {
  return abortable((signal) => follow(options, signal), options.signal);
}

async function* follow<T>(options: LiveRowsOptions<T>, signal: AbortSignal): AsyncGenerator<T, void, undefined> {
  const subscription = new LiveSubscription(options.live, options.channel);
  let [delivered, first] = [options.after ?? 0, true];
  try {
    while (!signal.aborted) {
      const row = await readOnce(options, subscription, first);
      first = false;
      // A node that is behind the last one may hold an older row: it is dropped like a repeated one.
      if (row && row.version > delivered && !isAborted(signal)) {
        delivered = row.version;
        yield row.value;
      }
      if (await subscription.news.wait(options.refreshMs, signal) === "aborted") return;
    }
  } finally {
    subscription.close();
  }
}

/** Subscribes before it reads: what changes in between is then heard, and read again. */
async function readOnce<T>({ node, load }: LiveRowsOptions<T>, subscription: LiveSubscription, first: boolean): Promise<LiveRow<T> | null> {
  try {
    await subscription.follow(node().name);
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
