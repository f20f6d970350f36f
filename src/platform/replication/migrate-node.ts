import type { ClientBase } from "pg";
import type { QueueDefinition } from "../jobs/queue.js";
import { migrationLock } from "../postgres/advisory-locks.js";
import { appRoleProblems, ensureAppRole, type AppRole } from "../postgres/app-role.js";
import { withClient } from "../postgres/connection.js";
import { grantNode } from "../postgres/grants.js";
import { migrateJobs } from "../postgres/job-schema.js";
import { analyzeFilledTables, type MigrationReport } from "../postgres/migrate-primary.js";
import { runMigrations } from "../postgres/migrations.js";
import { nodeProblems, PreflightError, serverFacts } from "../postgres/preflight.js";
import { nameNode } from "./node-identity.js";
import { slotNameOf } from "./node-name.js";

export interface NodeMigration extends AppRole {
  readonly adminUrl: string;
  readonly nodeName: string;
  /** The node's own queues: its projections' wake-ups and its scheduled work. */
  readonly queues: readonly QueueDefinition[];
}

/**
 * Brings a read node's tables to what this version needs; `connectNode` comes after it. Nodes are migrated before
 * the primary: a column that the primary sends and the node lacks stops all apply.
 * @throws PreflightError naming everything that is missing
 */
export async function migrateNode(options: NodeMigration): Promise<MigrationReport> {
  const { adminUrl, nodeName, appRole, queues } = options;
  const slotName = slotNameOf(nodeName);
  return withClient({ url: adminUrl, applicationName: "millrace migrate" }, async (client) => {
    await client.query("SELECT pg_advisory_lock($1, $2)", [...migrationLock]);
    const problems = await problemsOf(client, options);
    if (problems.length > 0) throw new PreflightError(`read node ${nodeName}`, problems);

    const roleMade = await ensureAppRole(client, options);
    const queuesMade = await migrateJobs(adminUrl, queues);
    const migrations = await runMigrations(client, adminUrl, "read");
    await grantNode(client, appRole);
    await nameNode(client, nodeName, slotName);
    await analyzeFilledTables(client);
    return { migrations, queuesMade, roleMade };
  });
}

/** What would stop `migrateNode`; changes nothing. */
export async function nodePreflight(options: NodeMigration): Promise<string[]> {
  return withClient({ url: options.adminUrl, applicationName: "millrace migrate" }, (client) => problemsOf(client, options));
}

async function problemsOf(client: ClientBase, options: NodeMigration): Promise<string[]> {
  const facts = await serverFacts(client);
  return [...nodeProblems(facts), ...await appRoleProblems(client, facts, options)];
}
