import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { Client } from "pg";
import { deadLetterQueueOf } from "../../platform/postgres/job-schema.js";
import type { MigrationSet } from "../../platform/postgres/migrations.js";
import { oldestServerVersion, serverFacts, type ServerFacts } from "../../platform/postgres/preflight.js";
import type { QueueDefinition } from "../../platform/jobs/queue.js";
import { found, messageOf, ok, type Finding } from "./finding.js";
import { atPresent } from "./snapshot.js";

export interface Server {
  /** `primary`, or the node's name. */
  readonly name: string;
  /** As the application's role. */
  readonly appUrl: string;
  readonly set: MigrationSet;
  readonly queues: readonly QueueDefinition[];
}

const run = "Run `millrace migrate`; embedded servers are migrated by `npm start`.";

/** Whether a server answers, and is what this program needs. One that does not answer has one finding. */
export async function examineServer(server: Server): Promise<Finding[]> {
  const { name, appUrl, set, queues } = server;
  try {
    return await atPresent(appUrl, async (client) => {
      const facts = await serverFacts(client);
      return [
        versionOf(name, facts),
        ...(set === "primary" ? [walLevelOf(facts)] : []),
        roleOf(name, facts),
        await askedOf("migrations", name, () => migrationsOf(client, name, set)),
        await askedOf("job_schema", name, () => jobSchemaOf(client, name, queues)),
      ];
    });
  } catch (error) {
    return [found("FAIL", "connection", name, `does not answer: ${messageOf(error)}`, "Start the server (the embedded ones run while `npm start` does), or mend its URL (DATABASE_URL, READ_DATABASE_URLS).")];
  }
}

function versionOf(name: string, { version, versionText, role, database }: ServerFacts): Finding {
  return version >= oldestServerVersion
    ? ok("connection", name, `PostgreSQL ${versionText}, database ${database}, role ${role}`)
    : found("FAIL", "connection", name, `PostgreSQL ${versionText} is too old`, "Use PostgreSQL 15 or later.");
}

function walLevelOf({ walLevel }: ServerFacts): Finding {
  return walLevel === "logical" ? ok("wal_level", "primary", "logical")
    : found("FAIL", "wal_level", "primary", `wal_level is ${walLevel}`, "ALTER SYSTEM SET wal_level = 'logical', then restart the server.");
}

function roleOf(name: string, { superuser, role }: ServerFacts): Finding {
  return superuser
    ? found("FAIL", "role", name, `the application connects as the superuser ${role}, so no grant binds it`, "Name another role in the application's URL and run `millrace migrate`.")
    : ok("role", name, `${role} is no superuser`);
}

async function askedOf(check: string, name: string, ask: () => Promise<Finding>): Promise<Finding> {
  try {
    return await ask();
  } catch (error) {
    return found("FAIL", check, name, messageOf(error), run);
  }
}

async function migrationsOf(client: Client, name: string, set: MigrationSet): Promise<Finding> {
  const folder = fileURLToPath(new URL(`../../../migrations/${set}/`, import.meta.url));
  const known = readdirSync(folder).filter((file) => file.endsWith(".sql")).map((file) => file.slice(0, -".sql".length)).sort();
  const { rows } = await client.query<{ name: string }>("SELECT name FROM millrace_migration ORDER BY name");
  const ran = new Set(rows.map((row) => row.name));
  const missing = known.filter((each) => !ran.has(each));
  const unknown = [...ran].filter((each) => !known.includes(each));
  if (missing.length > 0) return found("FAIL", "migrations", name, `${String(missing.length)} migrations have not run`, run, missing);
  if (unknown.length > 0) return found("warn", "migrations", name, "a newer program has migrated this database", "Use that version of Millrace here too.", unknown);
  return ok("migrations", name, `at ${known.at(-1) ?? "none"}`);
}

async function jobSchemaOf(client: Client, name: string, queues: readonly QueueDefinition[]): Promise<Finding> {
  const { pgboss: { schema: wanted } } = createRequire(import.meta.url)("pg-boss/package.json") as { pgboss: { schema: number } };
  const { rows: [row] } = await client.query<{ version: number }>("SELECT version FROM pgboss.version");
  if (row?.version !== wanted) return found("FAIL", "job_schema", name, `pg-boss's schema is at ${String(row?.version)}, this program needs ${String(wanted)}`, run);
  const { rows: made } = await client.query<{ name: string }>("SELECT name FROM pgboss.queue");
  const there = new Set(made.map((queue) => queue.name));
  const missing = queues.flatMap((queue) => [queue.name, deadLetterQueueOf(queue.name)]).filter((queue) => !there.has(queue));
  if (missing.length > 0) return found("FAIL", "job_schema", name, `${String(missing.length)} queues are missing`, run, missing);
  return ok("job_schema", name, `pg-boss schema ${String(wanted)}, ${String(queues.length)} queues`);
}
