import type { ClientBase } from "pg";
import type { QueueDefinition } from "../jobs/queue.js";
import { migrationLock } from "./advisory-locks.js";
import { appRoleProblems, ensureAppRole, type AppRole } from "./app-role.js";
import { withClient } from "./connection.js";
import { grantPrimary, grantReplication } from "./grants.js";
import { migrateJobs } from "./job-schema.js";
import { runMigrations } from "./migrations.js";
import { PreflightError, primaryProblems, serverFacts } from "./preflight.js";
import { ensurePublications, publishedTables } from "./publications.js";

export interface PrimaryMigration extends AppRole {
  readonly adminUrl: string;
  readonly queues: readonly QueueDefinition[];
  /** Role of REPLICATION_URL, where it is not the administrator. */
  readonly replicationRole?: string;
  /** Nodes that are about to be connected for the first time; their slots must fit. */
  readonly newNodes?: number;
}

export interface MigrationReport {
  /** Files that ran now. */
  readonly migrations: readonly string[];
  readonly queuesMade: readonly string[];
  readonly roleMade: boolean;
}

/**
 * Brings the primary to what this version needs. Harmless when run again; two at once wait for each other.
 * @throws PreflightError naming everything that is missing
 */
export async function migratePrimary(options: PrimaryMigration): Promise<MigrationReport> {
  const { adminUrl, appRole, queues, replicationRole } = options;
  return withClient({ url: adminUrl, applicationName: "millrace migrate" }, async (client) => {
    await client.query("SELECT pg_advisory_lock($1, $2)", [...migrationLock]);
    const problems = await problemsOf(client, options);
    if (problems.length > 0) throw new PreflightError("primary", problems);

    const roleMade = await ensureAppRole(client, options);
    const queuesMade = await migrateJobs(adminUrl, queues);
    const migrations = await runMigrations(client, adminUrl, "primary");
    await grantPrimary(client, appRole);
    await ensurePublications(client);
    if (replicationRole !== undefined) await grantReplication(client, replicationRole, publishedTables);
    await analyzeFilledTables(client);
    return { migrations, queuesMade, roleMade };
  });
}

/** What would stop `migratePrimary`; changes nothing. */
export async function primaryPreflight(options: PrimaryMigration): Promise<string[]> {
  return withClient({ url: options.adminUrl, applicationName: "millrace migrate" }, (client) => problemsOf(client, options));
}

async function problemsOf(client: ClientBase, options: PrimaryMigration): Promise<string[]> {
  const facts = await serverFacts(client);
  return [
    ...primaryProblems(facts, options.newNodes ?? 0),
    ...await appRoleProblems(client, facts, options),
    ...await replicationRoleProblems(client, options.replicationRole),
  ];
}

async function replicationRoleProblems(client: ClientBase, role: string | undefined): Promise<string[]> {
  if (role === undefined) return [];
  const { rows } = await client.query<{ able: boolean }>("SELECT rolcanlogin AND (rolreplication OR rolsuper) AS able FROM pg_roles WHERE rolname = $1", [role]);
  if (rows[0] === undefined) return [`the role of REPLICATION_URL, ${role}, is missing: CREATE ROLE ${role} LOGIN REPLICATION PASSWORD '…'`];
  return rows[0].able ? [] : [`the role of REPLICATION_URL, ${role}, may not replicate: ALTER ROLE ${role} LOGIN REPLICATION`];
}

/**
 * The planner takes a table it has never seen analyzed for ten pages, and an analyzed empty one for empty. The
 * first gives index scans and the second sequential ones, which a prepared statement then keeps: so only tables
 * with rows are analyzed.
 */
export async function analyzeFilledTables(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.oid::regclass::text AS name FROM pg_class c
     WHERE c.relnamespace IN ('public'::regnamespace, 'pgboss'::regnamespace) AND c.relkind = 'r'
       AND pg_relation_size(c.oid) > 0 AND pg_has_role(c.relowner, 'USAGE')`,
  );
  if (rows.length > 0) await client.query(`ANALYZE ${rows.map(({ name }) => name).join(", ")}`);
}

