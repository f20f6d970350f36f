import type { Client } from "pg";
import type { Rows } from "../../kernel/projection.js";
import type { RecordedEvent } from "../../kernel/event.js";
import type { Pointer } from "../live/live-port.js";
import { compareCursors, cursorOf, type FoldTarget } from "./build.js";
import type { LoggedEvent, LogPage } from "./log-page.js";
import { RowBatch, type AnyRow } from "./row-batch.js";
import { loadRows } from "./row-store.js";

type Handler = ((event: unknown, rows: Rows<AnyRow>, recorded: RecordedEvent) => void) | "ignored" | undefined;

/** What folding a page for one projection came to; nothing is written yet. */
export interface Folded {
  readonly batch: RowBatch;
  readonly pointers: readonly Pointer[];
  readonly eventCount: number;
}

/** The events of a page that this build has not folded yet and that matter to it. */
export function eventsFor({ build, table }: FoldTarget, page: LogPage): readonly LoggedEvent[] {
  const own = cursorOf(build, page.bootstrapArrival);
  return page.events.filter(({ arrival, recorded }) => {
    if (!table.projection.categories.includes(recorded.streamCategory)) return false;
    if (isIgnored(table.projection.on[recorded.event.type] as Handler)) return false;
    const at = { phase: page.from.phase, at: page.from.phase === "live" ? arrival : Number(recorded.position) };
    return compareCursors(at, own) > 0;
  });
}

/**
 * A type that the code does not know is a newer fact than this program: it is folded as an error, never passed
 * over in silence.
 */
function isIgnored(handler: Handler): boolean {
  return handler === "ignored";
}

/** Loads the touched rows in one query and folds the events into them, in memory. @throws what the handlers throw */
export async function foldEvents(client: Client, { table, relation }: Pick<FoldTarget, "table" | "relation">, events: readonly LoggedEvent[]): Promise<Folded> {
  const { projection } = table;
  const touched = events.map(({ recorded }) => projection.touches(recorded.event, recorded));
  const batch = new RowBatch(projection.key, await loadRows(client, table, relation, [...new Set(touched.flat())]));
  const pointers = new Map<string, Pointer>();
  for (const [index, { recorded }] of events.entries()) {
    const handler = projection.on[recorded.event.type] as Handler;
    if (typeof handler !== "function") throw new Error(`${projection.name} does not know the event type ${recorded.event.type}`);
    batch.begin(touched[index] ?? []);
    handler(recorded.event, batch, recorded);
    // The last pointer of a channel says all that the earlier ones said.
    for (const channel of projection.push?.(recorded.event, recorded) ?? []) {
      pointers.set(channel, { channel, version: recorded.version, position: recorded.position });
    }
  }
  return { batch, pointers: [...pointers.values()], eventCount: events.length };
}
