import type { RecordedEvent } from "../../kernel/event.js";
import { decodeEvent, eventColumns, type EventLogRow, type Upcast } from "../projector/event-row.js";
import type { ReadNode } from "../projector/read-node.js";
import { abortable } from "./abortable.js";
import { feedEdge, findCursor, type FeedEdge } from "./feed-cursor.js";
import type { LivePort } from "./live-port.js";
import { isAborted, isUnavailable } from "./live-rows.js";
import { LiveSubscription, type CurrentNode } from "./live-subscription.js";

/** One delivery of a feed. */
export interface FeedPage<T> {
  readonly kind: "snapshot" | "tail";
  /** True where events between the client's cursor and this snapshot may be missing. */
  readonly gap: boolean;
  /** Position of the last event that the page covers; "0" before the first. Hand it back as `after`. */
  readonly cursor: string;
  readonly values: readonly T[];
}

export interface LiveFeedOptions<T> {
  readonly live: LivePort;
  readonly node: CurrentNode<ReadNode>;
  /** A channel on which every event of the feed is announced, e.g. `orders`. */
  readonly channel: string;
  /** The client's cursor, an event position; null for a fresh snapshot. */
  readonly after: string | null;
  /** Types of the events that the feed tells. */
  readonly types: readonly string[];
  /** The feed goes no further than these have folded, so that `tail` finds the rows. */
  readonly projections: readonly string[];
  /** What a client sees first. */
  readonly snapshot: () => Promise<readonly T[]>;
  /** Makes values of a page of events, e.g. by loading their rows; in the events' order. */
  readonly tail: (events: readonly RecordedEvent[]) => Promise<readonly T[]>;
  /** Events a page; default 200. */
  readonly pageSize?: number;
  readonly refreshMs: number;
  readonly signal?: AbortSignal;
  readonly upcast?: Upcast;
}

/**
 * A feed, live: a snapshot (or, with a known cursor, at once the tail), then every event after it in the
 * node's order of arrival, in bounded pages read from the node's log: pointers only say when to look.
 * At least once: what the snapshot shows already may come again in the first tail page.
 * A cursor that the node does not know, or that lies in its first copy (which has no order of arrival),
 * gets a snapshot with `gap: true`; so does a change to a node that does not know where we stood.
 */
export function liveFeed<T>(options: LiveFeedOptions<T>): AsyncGenerator<FeedPage<T>, void, undefined> {
  return abortable((signal) => follow(options, signal), options.signal);
}

interface Standing {
  readonly node: ReadNode;
  readonly arrival: number;
  readonly cursor: string;
}

async function* follow<T>(options: LiveFeedOptions<T>, signal: AbortSignal): AsyncGenerator<FeedPage<T>, void, undefined> {
  const subscription = new LiveSubscription(options.live, options.channel);
  const place: Place = { standing: null, cursor: options.after };
  let first = true;
  try {
    while (!signal.aborted) {
      try {
        const node = options.node();
        await subscription.follow(node.name);
        yield* catchUp(options, node, place, signal);
      } catch (error) {
        if (first || !isUnavailable(error)) throw error;
      }
      first = false;
      if (await subscription.news.wait(options.refreshMs, signal) === "aborted") return;
    }
  } finally {
    subscription.close();
  }
}

/** Where the client stands; kept over changes of the node by the cursor. */
interface Place {
  standing: Standing | null;
  cursor: string | null;
}

/** Everything from the client's place to the node's edge. */
async function* catchUp<T>(options: LiveFeedOptions<T>, node: ReadNode, place: Place, signal: AbortSignal): AsyncGenerator<FeedPage<T>, void, undefined> {
  if (place.standing?.node !== node) {
    const begun = await begin(options, node, place.cursor);
    Object.assign(place, { standing: begun.standing, cursor: begun.standing.cursor });
    if (begun.snapshot && !isAborted(signal)) yield begun.snapshot;
  }
  if (!place.standing) return;
  for await (const { page, next } of pages(options, place.standing)) {
    if (isAborted(signal)) return;
    place.standing = next;
    if (next === null) return;
    place.cursor = next.cursor;
    if (page.values.length > 0) yield page;
  }
}

interface Begun<T> {
  readonly standing: Standing;
  readonly snapshot: FeedPage<T> | null;
}

async function begin<T>(options: LiveFeedOptions<T>, node: ReadNode, after: string | null): Promise<Begun<T>> {
  const known = after === null ? null : await findCursor(node, after);
  if (known !== null && after !== null) return { standing: { node, arrival: known, cursor: after }, snapshot: null };
  // The edge is read before the rows: they may already show more, never less.
  const { arrival, cursor } = await feedEdge(node, options.projections);
  const values = await options.snapshot();
  return { standing: { node, arrival, cursor }, snapshot: { kind: "snapshot", gap: after !== null, cursor, values } };
}

async function* pages<T>(options: LiveFeedOptions<T>, from: Standing): AsyncGenerator<{ page: FeedPage<T>; next: Standing } | { page: null; next: null }> {
  const { node } = from;
  const limit = options.pageSize ?? 200;
  const edge = await feedEdge(node, options.projections);
  // Begun while the node's first copy was still being folded: begin again, and say so.
  if (from.arrival < edge.bootstrap) {
    yield { page: null, next: null };
    return;
  }
  let standing = from;
  while (standing.arrival < edge.arrival) {
    const rows = await readEvents(options, standing, edge, limit);
    const last = rows.length === limit ? rows.at(-1) : undefined;
    // A page that is not full has seen all up to the edge, also the events of other types.
    standing = last ? { node, arrival: last.arrival, cursor: last.position } : { node, arrival: edge.arrival, cursor: edge.cursor };
    const values = rows.length === 0 ? [] : await options.tail(rows.map((row) => decodeEvent(row, options.upcast)));
    yield { page: { kind: "tail", gap: false, cursor: standing.cursor, values }, next: standing };
  }
}

function readEvents<T>({ types }: LiveFeedOptions<T>, { node, arrival }: Standing, edge: FeedEdge, limit: number): Promise<readonly EventLogRow[]> {
  return node.query<EventLogRow>({
    name: "live_feed_page",
    text: `SELECT ${eventColumns} FROM event_log e WHERE e.arrival > $1 AND e.arrival <= $2 AND e.type = ANY($3::text[]) ORDER BY e.arrival LIMIT $4`,
    values: [arrival, edge.arrival, types, limit],
  });
}
