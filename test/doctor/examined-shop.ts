import { expect } from "@jest/globals";
import type pg from "pg";
import { primaryQueues } from "../../src/cli/consumers.js";
import { examine } from "../../src/cli/doctor/examine.js";
import type { Finding } from "../../src/cli/doctor/finding.js";
import { readTables } from "../../src/cli/projections.js";
import { InProcessLive } from "../../src/platform/live/in-process-live.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { withClient } from "../../src/platform/postgres/connection.js";
import { startProjector, type RunningProjector } from "../../src/platform/projector/projector.js";
import { projectorQueues } from "../../src/platform/projector/queues.js";
import { createShopDatabases, type ShopDatabase, type ShopDatabases, type ShopNode } from "../support/shop-databases.js";

const waitMs = 10_000;

type Run = (sql: string, values?: unknown[]) => Promise<pg.QueryResult>;
/** A statement, and where it runs. */
export type Change = readonly [on: Run, sql: string, values?: unknown[]];

/** A primary and a node with its projector, for the doctor to examine and for tests to damage. */
export function examinedShop() {
  let shop: ShopDatabases;
  let projector: RunningProjector;

  const primary = (): ShopDatabase => shop.primary;
  const node = (): ShopNode => shop.nodes[0]!;

  async function start(): Promise<void> {
    shop = await createShopDatabases({ nodes: 1, queues: primaryQueues, nodeQueues: projectorQueues });
    projector = await startProjector({
      node: node(), projections: readTables, alerts: { raise: () => Promise.resolve() }, live: new InProcessLive(), logger: createLogger("silent"), pollMs: 200,
    });
  }

  async function stop(): Promise<void> {
    await projector.stop();
    await shop.drop();
  }

  const look = (): Promise<Finding[]> => examine({ primaryUrl: shop.primary.appUrl, nodes: [node()], lookAgainAfterMs: 0, settleMs: 5_000 });

  /** Everything that was ever damaged is mended at the end of its own test: so each begins with a shop that is well. */
  async function caughtUp(): Promise<void> {
    const deadline = Date.now() + waitMs;
    for (;;) {
      const failing = (await look()).filter(({ verdict }) => verdict === "FAIL");
      if (failing.length === 0) return;
      if (Date.now() > deadline) throw new Error(`not well within ${String(waitMs)} ms: ${JSON.stringify(failing, null, 2)}`);
    }
  }

  const onPrimary: Run = (sql, values = []) => withClient({ url: shop.primary.adminUrl }, (client) => client.query(sql, values));
  const onNode: Run = (sql, values = []) => withClient({ url: node().adminUrl }, (client) => client.query(sql, values));

  /** Changes the primary's log alone: inserted rows would go to the node, where they are already. */
  const onLog: Run = async (sql, values = []) => {
    await onPrimary("ALTER PUBLICATION millrace_log DROP TABLE event_log");
    try {
      return await onPrimary(sql, values);
    } finally {
      await onPrimary("ALTER PUBLICATION millrace_log ADD TABLE event_log");
    }
  };

  /** Damages, examines, mends. Gives back what failed, or with "warn" what is to be known: each check's name with all that it named. */
  async function damaged(damage: Change, mend: readonly Change[], verdict: "FAIL" | "warn" = "FAIL"): Promise<Record<string, string>> {
    const [on, sql, values = []] = damage;
    expect((await on(sql, values)).rowCount).toBeGreaterThan(0);
    try {
      const failing = (await look()).filter((finding) => finding.verdict === verdict);
      return Object.fromEntries(failing.map(({ check, where, message, named }) => [`${where === "primary" ? "" : "node "}${check}`, `${message}: ${named.join("\n")}`]));
    } finally {
      for (const [onto, undo, undoValues = []] of mend) await onto(undo, undoValues);
    }
  }

  /** Keeps rows aside in a table of the same database, so that they can be put back as they were. */
  async function keptAside(on: Run, table: string, where: string, values: unknown[]): Promise<Change> {
    await on("DROP TABLE IF EXISTS kept_aside");
    // CREATE TABLE AS takes no parameters.
    await on(`CREATE TABLE kept_aside (LIKE ${table})`);
    await on(`INSERT INTO kept_aside SELECT * FROM ${table} WHERE ${where}`, values);
    return [on, `INSERT INTO ${table} OVERRIDING SYSTEM VALUE SELECT * FROM kept_aside; DROP TABLE kept_aside`];
  }

  /** An event that no command wrote, made of the first one of another stream. */
  function forge(streamId: string, version: number, like: string, data = "{}"): Change {
    return [onLog, `INSERT INTO event_log (event_id, stream_category, stream_id, version, type, data, metadata, recorded_at)
      SELECT gen_random_uuid(), stream_category, $1, $2, type, (data::jsonb || $4::jsonb)::json, metadata, recorded_at FROM event_log WHERE stream_id = $3 AND version = 1`,
    [streamId, version, like, data]];
  }

  function unforge(streamId: string, version: number): Change {
    return [onLog, "DELETE FROM event_log WHERE stream_id = $1 AND version = $2", [streamId, version]];
  }

  return { start, stop, primary, node, look, caughtUp, onPrimary, onLog, onNode, damaged, keptAside, forge, unforge };
}
