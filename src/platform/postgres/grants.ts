import { escapeIdentifier, type ClientBase } from "pg";

/** What the application may do with a table, where it is less than everything. */
const primaryTables: Readonly<Record<string, string>> = {
  millrace_migration: "SELECT",
  event_log: "SELECT, INSERT",
  job_attempt: "SELECT, INSERT, DELETE",
  command_answer: "SELECT, INSERT, DELETE",
  webhook_inbox: "SELECT, INSERT, DELETE",
};

/** Attempts of jobs are removed on each node when they are old: deletes are not replicated. */
const nodeTables: Readonly<Record<string, string>> = { job_attempt: "SELECT, DELETE" };

/** Tables of the primary: read and write, but the log only grows. Run again after every migration. */
export async function grantPrimary(client: ClientBase, appRole: string): Promise<void> {
  const role = escapeIdentifier(appRole);
  await grantTables(client, role, (table) => primaryTables[table] ?? "SELECT, INSERT, UPDATE, DELETE");
  await grantJobs(client, role);
}

/** Tables of a node are read only, but for what is removed: what the apply worker writes nobody else may. Schema `read` is the application's own. */
export async function grantNode(client: ClientBase, appRole: string): Promise<void> {
  const role = escapeIdentifier(appRole);
  await grantTables(client, role, (table) => nodeTables[table] ?? "SELECT");
  await client.query(`REVOKE ALL ON FUNCTION node_mark_bootstrap() FROM PUBLIC; GRANT EXECUTE ON FUNCTION node_mark_bootstrap() TO ${role}`);
  await ensureReadSchema(client, appRole);
  // REFRESH … CONCURRENTLY compares in a temporary table.
  const { rows: [here] } = await client.query<{ name: string }>("SELECT current_database() AS name");
  if (here) await client.query(`GRANT TEMPORARY ON DATABASE ${escapeIdentifier(here.name)} TO ${role}`);
  await grantJobs(client, role);
}

/** The projector's tables. Made through a membership, since an owner other than oneself takes one. */
export async function ensureReadSchema(client: ClientBase, appRole: string): Promise<void> {
  const { rowCount } = await client.query("SELECT FROM pg_namespace WHERE nspname = 'read'");
  if (rowCount === 0) await client.query(`CREATE SCHEMA read AUTHORIZATION ${escapeIdentifier(appRole)}`);
}

/** A role that only replicates: it reads what is published, for the first copy. */
export async function grantReplication(client: ClientBase, replicationRole: string, tables: readonly string[]): Promise<void> {
  const role = escapeIdentifier(replicationRole);
  await client.query(`GRANT USAGE ON SCHEMA public TO ${role}; GRANT SELECT ON ${tables.map((table) => escapeIdentifier(table)).join(", ")} TO ${role}`);
}

async function grantTables(client: ClientBase, role: string, rightsOn: (table: string) => string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT c.relname AS name FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND pg_has_role(c.relowner, 'USAGE') ORDER BY 1",
  );
  const grants = rows.map(({ name }) => `REVOKE ALL ON ${escapeIdentifier(name)} FROM ${role}; GRANT ${rightsOn(name)} ON ${escapeIdentifier(name)} TO ${role};`);
  // One message is one transaction: nobody ever sees the table without its rights.
  await client.query(`GRANT USAGE ON SCHEMA public TO ${role}; ${grants.join("\n")}`);
}

/** pg-boss at run time: rows, no DDL. From 17 on it may also rebuild its bloated indexes, which takes MAINTAIN. */
async function grantJobs(client: ClientBase, role: string): Promise<void> {
  const { rows } = await client.query<{ maintain: boolean }>("SELECT current_setting('server_version_num')::int >= 170000 AS maintain");
  const rights = `SELECT, INSERT, UPDATE, DELETE${rows[0]?.maintain ? ", MAINTAIN" : ""}`;
  await client.query(`
    GRANT USAGE ON SCHEMA pgboss TO ${role};
    GRANT ${rights} ON ALL TABLES IN SCHEMA pgboss TO ${role};
    GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA pgboss TO ${role};
    GRANT EXECUTE ON ALL ROUTINES IN SCHEMA pgboss TO ${role};
    ALTER DEFAULT PRIVILEGES IN SCHEMA pgboss GRANT ${rights} ON TABLES TO ${role}`);
}
