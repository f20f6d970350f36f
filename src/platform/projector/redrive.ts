import type { Client } from "pg";
import type { NodeAddress } from "./node-address.js";
import { buildColumns, targetsOf, type Build, type FoldTarget } from "./build.js";
import { decodeEvent, eventColumns, type EventLogRow, type Upcast } from "./event-row.js";
import { foldInSavepoint } from "./isolate.js";
import type { LoggedEvent } from "./log-page.js";
import { NodeSession } from "./node-session.js";
import type { ReadTable } from "./read-table.js";

export interface Redriven {
  readonly folded: number;
  /** Events that still wait; 0 when the list is empty. */
  readonly left: number;
  /** Why the first of those could not be folded. */
  readonly error: string | null;
}

/** Events a query; the whole list is worked under one lock, since a stream is short. */
const pageSize = 500;

/**
 * Folds a stream's parked events into the active table, in order, under the checkpoint's lock, until the list is
 * empty or one fails again. A halted projection is let go as well: the projector tries it again.
 */
export async function redrive(
  node: NodeAddress, tables: readonly ReadTable[], projection: string, streamId: string, upcast?: Upcast,
): Promise<Redriven> {
  const session = new NodeSession(node.appUrl, "millrace redrive");
  try {
    const client = await session.client();
    await client.query("BEGIN");
    // Waits for a fold that is under way; later events of the stream cannot join meanwhile.
    const { rows } = await client.query<Build>(`SELECT ${buildColumns} FROM read.projection WHERE name = $1 AND state = 'active' FOR UPDATE`, [projection]);
    const [target] = targetsOf(rows, tables);
    if (!target) throw new Error(`${node.name} has no active table of ${projection} that this program can fold`);
    const result = await workList(client, target, streamId, upcast);
    await client.query("UPDATE read.projection SET halted = NULL, parked = parked - $2 WHERE name = $1 AND state = 'active'", [projection, result.folded]);
    await client.query("COMMIT");
    return result;
  } finally {
    await session.close();
  }
}

async function workList(client: Client, target: FoldTarget, streamId: string, upcast: Upcast | undefined): Promise<Redriven> {
  const list = [target.build.name, target.build.version, target.build.build, streamId] as const;
  let folded = 0;
  for (;;) {
    const events = await nextParked(client, list, upcast);
    for (const event of events) {
      const error = await foldInSavepoint(client, target, [event]);
      if (error !== null) return { folded, ...await keepError(client, list, event, error) };
      await client.query("DELETE FROM read.parked_event WHERE projection = $1 AND version = $2 AND build = $3 AND stream_id = $4 AND position = $5", [...list, event.recorded.position]);
      folded += 1;
    }
    if (events.length < pageSize) return { folded, left: 0, error: null };
  }
}

async function nextParked(client: Client, list: readonly unknown[], upcast: Upcast | undefined): Promise<readonly LoggedEvent[]> {
  const { rows } = await client.query<EventLogRow>(
    `SELECT ${eventColumns} FROM read.parked_event w JOIN event_log e ON e.position = w.position
     WHERE w.projection = $1 AND w.version = $2 AND w.build = $3 AND w.stream_id = $4 ORDER BY e.version LIMIT ${pageSize}`, [...list]);
  return rows.map((row) => ({ arrival: row.arrival, recorded: decodeEvent(row, upcast) }));
}

async function keepError(client: Client, list: readonly unknown[], event: LoggedEvent, error: string): Promise<{ left: number; error: string }> {
  await client.query("UPDATE read.parked_event SET error = $6 WHERE projection = $1 AND version = $2 AND build = $3 AND stream_id = $4 AND position = $5", [...list, event.recorded.position, error]);
  const { rows } = await client.query<{ left: number }>("SELECT count(*) AS left FROM read.parked_event WHERE projection = $1 AND version = $2 AND build = $3 AND stream_id = $4", [...list]);
  return { left: rows[0]?.left ?? 0, error };
}
