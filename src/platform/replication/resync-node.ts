import type { ClientBase } from "pg";
import { migrationLock, nodeDataLock } from "../postgres/advisory-locks.js";
import { inTransaction, withClient } from "../postgres/connection.js";
import { ensureReadSchema } from "../postgres/grants.js";
import { publishedTables } from "../postgres/publications.js";
import { connect, type NodeConnection } from "./connect-node.js";
import { slotNameOf } from "./node-name.js";
import { copySlotsOf, dropSlots } from "./slot.js";
import { dropSubscription, findSubscription } from "./subscription.js";

export interface NodeResync extends NodeConnection {
  readonly appRole: string;
  /** How long to wait for projectors and reports that hold the node's tables. */
  readonly lockTimeoutMs?: number;
}

/**
 * Throws a node's copy away, with all read tables and checkpoints, and copies anew. Processes may keep running:
 * projectors stand aside by `nodeDataLock` and begin anew when they see the next generation. Queries on this node
 * fail or come up short until `waitUntilReady` and the projector are through. Run again after it was cut short.
 */
export async function resyncNode(resync: NodeResync): Promise<void> {
  const { lockTimeoutMs = 60_000 } = resync;
  const applicationName = "millrace resync";
  await withClient({ url: resync.nodeAdminUrl, applicationName, lockTimeoutMs }, (node) =>
    withClient({ url: resync.primaryAdminUrl, applicationName }, async (primary) => {
      await node.query("SELECT pg_advisory_lock($1, $2)", [...migrationLock]);
      await cutOff(node, primary, slotNameOf(resync.nodeName));
      await inTransaction(node, () => empty(node, resync.appRole));
      await connect(node, primary, resync);
    }));
}

/** Subscription and slots go one by one, since none of it may stand in a transaction with the rest. */
export async function cutOff(node: ClientBase, primary: ClientBase, slotName: string): Promise<void> {
  const subscription = await findSubscription(node, slotName);
  const slots = [slotName];
  if (subscription) {
    await dropSubscription(node, slotName);
    const { rows } = await node.query<{ id: string }>("SELECT system_identifier::text AS id FROM pg_control_system()");
    slots.push(...await copySlotsOf(primary, subscription.oid, rows[0]?.id ?? ""));
  }
  await dropSlots(primary, slots);
}

/** In one transaction: a reader sees the old copy or the emptied node, never half of it. */
async function empty(node: ClientBase, appRole: string): Promise<void> {
  await node.query("SELECT pg_advisory_xact_lock($1, $2)", [...nodeDataLock]);
  await node.query(`TRUNCATE ${publishedTables.join(", ")} RESTART IDENTITY`);
  await node.query("DROP SCHEMA IF EXISTS read CASCADE");
  await ensureReadSchema(node, appRole);
  await node.query(`UPDATE node_identity SET generation = generation + 1, bootstrap_arrival = NULL,
    primary_system_identifier = NULL, primary_timeline = NULL, primary_database_oid = NULL, connected_at = NULL`);
}
