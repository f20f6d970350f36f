import type { Client } from "pg";
import type { RecordedEvent } from "../../kernel/event.js";
import type { LogCursor } from "./build.js";
import { decodeEvent, eventColumns, type EventLogRow, type Upcast } from "./event-row.js";

/** An event with its place on this node. */
export interface LoggedEvent {
  readonly arrival: number;
  readonly recorded: RecordedEvent;
}

/** A stream's version that is not on the node though a later one is. */
export interface LogGap {
  readonly streamId: string;
  readonly missingVersion: number;
  readonly position: string;
}

/** A stretch of the log, in the order in which it is folded. */
export interface LogPage {
  readonly from: LogCursor;
  readonly events: readonly LoggedEvent[];
  /** Why the page ends early: nothing is folded past it. */
  readonly gap: LogGap | null;
  /** True where the log had no more at the time. */
  readonly end: boolean;
  readonly bootstrapArrival: number;
}

type PageRow = EventLogRow & { readonly before_arrival: number | null; readonly before_position: number | null };

/**
 * The predecessor is looked up by the index of stream and version, one event at a time; as a join the
 * planner could choose to read the whole log instead.
 */
const pageColumns = `${eventColumns},
  CASE WHEN e.version > 1 THEN (SELECT p.arrival FROM event_log p WHERE p.stream_id = e.stream_id AND p.version = e.version - 1 ORDER BY p.arrival LIMIT 1) END AS before_arrival,
  CASE WHEN e.version > 1 AND e.arrival <= $3 THEN (SELECT p.position FROM event_log p WHERE p.stream_id = e.stream_id AND p.version = e.version - 1 ORDER BY p.arrival LIMIT 1) END AS before_position`;

const pageSql = {
  live: {
    name: "projector_page_live",
    text: `SELECT ${pageColumns} FROM event_log e WHERE e.arrival > $1 AND e.arrival > $3 AND e.arrival <= $4 ORDER BY e.arrival LIMIT $2`,
  },
  // The first copy came in the order of the primary's heap; by position each stream is in order.
  bootstrap: {
    name: "projector_page_bootstrap",
    text: `SELECT ${pageColumns} FROM event_log e WHERE e.position > $1 AND e.arrival <= $3 AND e.arrival <= $4 ORDER BY e.position LIMIT $2`,
  },
} as const;

export interface PageRequest {
  readonly from: LogCursor;
  readonly bootstrapArrival: number;
  readonly limit: number;
  /** Highest arrival to read; default: all there is. */
  readonly upTo?: number;
  readonly upcast?: Upcast | undefined;
}

/** Reads the next page and checks that every stream goes on where it stood. */
export async function readPage(client: Client, { from, bootstrapArrival, limit, upTo, upcast }: PageRequest): Promise<LogPage> {
  const { rows } = await client.query<PageRow>({
    ...pageSql[from.phase], values: [from.at, limit, bootstrapArrival, upTo ?? Number.MAX_SAFE_INTEGER],
  });
  const gapAt = rows.findIndex((row) => !followsItsPredecessor(row, from.phase, bootstrapArrival));
  const gapRow = rows[gapAt];
  return {
    from,
    bootstrapArrival,
    events: (gapRow ? rows.slice(0, gapAt) : rows).map((row) => ({ arrival: row.arrival, recorded: decodeEvent(row, upcast) })),
    gap: gapRow ? { streamId: gapRow.stream_id, missingVersion: gapRow.version - 1, position: gapRow.position } : null,
    end: rows.length < limit,
  };
}

/** The version before is on the node and comes earlier in the order of folding: it was folded, or is in this page. */
function followsItsPredecessor(row: PageRow, phase: LogCursor["phase"], bootstrapArrival: number): boolean {
  if (row.version === 1) return true;
  if (row.before_arrival === null) return false;
  if (phase === "live") return row.before_arrival < row.arrival;
  return row.before_arrival <= bootstrapArrival && row.before_position !== null && row.before_position < Number(row.position);
}

/** Where a build stands after folding `last`, or, without it, the whole page. */
export function standingAfter(page: LogPage, last?: LoggedEvent): { checkpoint: number | null; bootstrapPosition: number | null } {
  const event = last ?? page.events.at(-1);
  if (page.from.phase === "live") return { checkpoint: event?.arrival ?? null, bootstrapPosition: null };
  const finished = last === undefined && page.end && page.gap === null;
  return { checkpoint: finished ? page.bootstrapArrival : null, bootstrapPosition: event ? Number(event.recorded.position) : null };
}
