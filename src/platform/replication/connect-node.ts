import type { ClientBase } from "pg";
import { migrationLock } from "../postgres/advisory-locks.js";
import { withClient } from "../postgres/connection.js";
import { PreflightError, primaryProblems, serverFacts } from "../postgres/preflight.js";
import { keepPrimaryIdentity, nameNode, readNodeIdentity } from "./node-identity.js";
import { slotNameOf } from "./node-name.js";
import { primaryIdentity, samePrimary } from "./primary-identity.js";
import { ResyncNeededError } from "./resync-needed.js";
import { ensureSlot, findSlot } from "./slot.js";
import { conninfoOf, createSubscription, enableSubscription, findSubscription, renewSubscription } from "./subscription.js";

export interface NodeConnection {
  readonly nodeName: string;
  readonly nodeAdminUrl: string;
  readonly primaryAdminUrl: string;
  /** As the node's server reaches the primary; by default the administrator's URL. Its password is stored in the subscription. */
  readonly replicationUrl?: string;
}

/**
 * Has a migrated node follow the primary, from the first copy on. Harmless when run again; then it renews what
 * has changed (the primary's address above all) and switches the subscription on. Does not wait for the copy:
 * see `waitUntilReady`.
 * @throws ResyncNeededError where the node's rows belong to another history
 * @throws PreflightError where the primary has no room for another node
 */
export async function connectNode(connection: NodeConnection): Promise<void> {
  const applicationName = "millrace connect";
  await withClient({ url: connection.nodeAdminUrl, applicationName }, (node) =>
    withClient({ url: connection.primaryAdminUrl, applicationName }, async (primary) => {
      await node.query("SELECT pg_advisory_lock($1, $2)", [...migrationLock]);
      await connect(node, primary, connection);
    }));
}

/** The same on connections that the caller has, who holds the node's migration lock. */
export async function connect(node: ClientBase, primary: ClientBase, connection: NodeConnection): Promise<void> {
  const { nodeName } = connection;
  const slotName = slotNameOf(nodeName);
  const conninfo = conninfoOf(connection.replicationUrl ?? connection.primaryAdminUrl);
  await nameNode(node, nodeName, slotName);
  const subscription = await findSubscription(node, slotName);
  if (subscription) {
    if (subscription.streaming) {
      throw new ResyncNeededError(nodeName, "its subscription streams open transactions, so its events may be numbered out of commit order");
    }
    await refuseOtherHistory(node, primary, nodeName);
    await renewSubscription(node, slotName, subscription, conninfo);
  } else {
    await refuseLeftovers(node, nodeName);
    const failover = await makeSlot(node, primary, nodeName, slotName);
    await keepPrimaryIdentity(node, await primaryIdentity(primary));
    await createSubscription(node, slotName, conninfo, failover);
  }
  await enableSubscription(node, slotName);
}

/** @returns whether slot and subscription are of the failover kind, which both servers must know */
async function makeSlot(node: ClientBase, primary: ClientBase, nodeName: string, slotName: string): Promise<boolean> {
  const facts = await serverFacts(primary);
  const failover = facts.version >= 170_000 && (await serverFacts(node)).version >= 170_000;
  const known = await findSlot(primary, slotName);
  const problems = primaryProblems(facts, known ? 0 : 1);
  if (problems.length > 0) throw new PreflightError(`primary, for read node ${nodeName},`, problems);
  await ensureSlot(primary, slotName, failover);
  return failover;
}

/** A subscription checks no identity: pointed at another primary with the same slot name it connects. */
async function refuseOtherHistory(node: ClientBase, primary: ClientBase, nodeName: string): Promise<void> {
  const kept = (await readNodeIdentity(node))?.primary;
  if (!kept || !samePrimary(kept, await primaryIdentity(primary))) {
    throw new ResyncNeededError(nodeName, "the primary is not the one this node has copied (another server or database, or one that was restored or promoted)");
  }
  const slot = await findSlot(primary, slotNameOf(nodeName));
  if (!slot) throw new ResyncNeededError(nodeName, "its slot is gone from the primary, and what was written since with it");
  if (slot.walStatus === "lost") throw new ResyncNeededError(nodeName, "it was away for longer than max_slot_wal_keep_size allows");
}

/** Rows without a subscription: a first copy would clash with them. */
async function refuseLeftovers(node: ClientBase, nodeName: string): Promise<void> {
  const { rows } = await node.query<{ filled: boolean }>(
    "SELECT EXISTS (SELECT FROM event_log) OR EXISTS (SELECT FROM job_attempt) OR EXISTS (SELECT FROM personal) AS filled",
  );
  if (rows[0]?.filled) throw new ResyncNeededError(nodeName, "it holds rows of a subscription that is gone");
}
