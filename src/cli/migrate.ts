import type { QueueDefinition } from "../platform/jobs/queue.js";
import { migratePrimary, primaryPreflight, type MigrationReport, type PrimaryMigration } from "../platform/postgres/migrate-primary.js";
import { PreflightError } from "../platform/postgres/preflight.js";
import { withClient } from "../platform/postgres/connection.js";
import { connectNode } from "../platform/replication/connect-node.js";
import { migrateNode, nodePreflight, type NodeMigration } from "../platform/replication/migrate-node.js";
import { slotNameOf } from "../platform/replication/node-name.js";
import { waitUntilReady } from "../platform/replication/ready.js";
import { findSlot } from "../platform/replication/slot.js";
import { appRoleOf, type DatabaseTargets } from "./database-targets.js";

export interface Migration {
  readonly targets: DatabaseTargets;
  readonly primaryQueues: readonly QueueDefinition[];
  readonly nodeQueues: readonly QueueDefinition[];
  /** One line a step. */
  readonly report: (line: string) => void;
  /** How long to wait for first copies; 0 does not wait: the projector of the node does. */
  readonly readyTimeoutMs?: number;
}

/**
 * Brings all databases and the replication between them to what this version needs; harmless when run again.
 * Nodes come first: a column that the primary sends and a node lacks would stop that node.
 * @throws PreflightError naming everything that is missing on every server, before anything is changed
 */
export async function migrate({ targets, primaryQueues, nodeQueues, report, readyTimeoutMs = 0 }: Migration): Promise<void> {
  const { primary, nodes, replicationUrl } = targets;
  const primaryMigration: PrimaryMigration = { adminUrl: primary.adminUrl, ...appRoleOf(primary.appUrl), queues: primaryQueues, ...replicationRole(targets) };
  const nodeMigrations = nodes.map(({ name, adminUrl, appUrl }): NodeMigration => ({ adminUrl, nodeName: name, ...appRoleOf(appUrl), queues: nodeQueues }));
  await preflight({ ...primaryMigration, newNodes: await countNewNodes(targets) }, nodeMigrations);

  for (const node of nodeMigrations) report(`${node.nodeName}: ${inWords(await migrateNode(node))}`);
  report(`primary: ${inWords(await migratePrimary(primaryMigration))}`);
  for (const { name, adminUrl, appUrl } of nodes) {
    await connectNode({ nodeName: name, nodeAdminUrl: adminUrl, primaryAdminUrl: primary.adminUrl, ...(replicationUrl === undefined ? {} : { replicationUrl }) });
    const mark = await waitUntilReady(appUrl, readyTimeoutMs);
    report(mark === null ? `${name}: follows the primary; its first copy is under way` : `${name}: follows the primary; first copy up to arrival ${mark}`);
  }
}

async function preflight(primary: PrimaryMigration, nodes: readonly NodeMigration[]): Promise<void> {
  const problems = (await primaryPreflight(primary)).map((line) => `primary: ${line}`);
  for (const node of nodes) problems.push(...(await nodePreflight(node)).map((line) => `${node.nodeName}: ${line}`));
  if (problems.length > 0) throw new PreflightError("database set-up", problems);
}

/** Nodes that have no slot yet: the primary must have room for theirs. */
async function countNewNodes({ primary, nodes }: DatabaseTargets): Promise<number> {
  return withClient({ url: primary.adminUrl, applicationName: "millrace migrate" }, async (client) => {
    let count = 0;
    for (const { name } of nodes) if (!await findSlot(client, slotNameOf(name))) count += 1;
    return count;
  });
}

function replicationRole({ primary, replicationUrl }: DatabaseTargets): { replicationRole?: string } {
  if (replicationUrl === undefined) return {};
  const { appRole: role } = appRoleOf(replicationUrl);
  return role === appRoleOf(primary.adminUrl).appRole ? {} : { replicationRole: role };
}

function inWords({ migrations, queuesMade, roleMade }: MigrationReport): string {
  const done = [
    ...(roleMade ? ["role made"] : []),
    ...(migrations.length > 0 ? [`migrated: ${migrations.join(", ")}`] : []),
    ...(queuesMade.length > 0 ? [`queues made: ${queuesMade.join(", ")}`] : []),
  ];
  return done.length > 0 ? done.join("; ") : "up to date";
}
