import type { ClientBase } from "pg";

export const oldestServerVersion = 150_000;

/** Everything that stands in the way, at once, each with what to do. */
export class PreflightError extends Error {
  override readonly name = "PreflightError";

  constructor(readonly where: string, readonly problems: readonly string[]) {
    super(`The ${where} is not ready:\n${problems.map((line) => `  - ${line}`).join("\n")}`);
  }
}

export interface ServerFacts {
  readonly version: number;
  readonly versionText: string;
  readonly walLevel: string;
  readonly role: string;
  readonly superuser: boolean;
  readonly replication: boolean;
  readonly createRole: boolean;
  readonly createOnDatabase: boolean;
  readonly createSubscription: boolean;
  readonly database: string;
  readonly slotsMax: number;
  readonly slotsUsed: number;
  readonly sendersMax: number;
  readonly sendersUsed: number;
  readonly applyWorkersMax: number;
  readonly workerProcessesMax: number;
}

/** Managed services hand out replication by a role instead of an attribute. */
const factsQuery = `
  SELECT current_setting('server_version_num')::int AS "version", current_setting('server_version') AS "versionText",
    current_setting('wal_level') AS "walLevel", current_user AS "role", r.rolsuper AS "superuser",
    r.rolreplication OR coalesce((SELECT pg_has_role(current_user, oid, 'member') FROM pg_roles WHERE rolname = 'rds_replication'), false) AS "replication",
    r.rolsuper OR r.rolcreaterole AS "createRole",
    has_database_privilege(current_database(), 'CREATE') AS "createOnDatabase",
    r.rolsuper OR coalesce((SELECT pg_has_role(current_user, oid, 'member') FROM pg_roles WHERE rolname IN ('pg_create_subscription', 'rds_superuser') LIMIT 1), false) AS "createSubscription",
    current_database() AS "database",
    current_setting('max_replication_slots')::int AS "slotsMax", (SELECT count(*)::int FROM pg_replication_slots) AS "slotsUsed",
    current_setting('max_wal_senders')::int AS "sendersMax", (SELECT count(*)::int FROM pg_stat_replication) AS "sendersUsed",
    current_setting('max_logical_replication_workers')::int AS "applyWorkersMax",
    current_setting('max_worker_processes')::int AS "workerProcessesMax"
  FROM pg_roles r WHERE r.rolname = current_user`;

export async function serverFacts(client: ClientBase): Promise<ServerFacts> {
  const { rows } = await client.query<ServerFacts>(factsQuery);
  if (!rows[0]) throw new Error("The server does not list the role of this connection.");
  return rows[0];
}

/** Of a node's first copy: its slot, and one for each copy worker that runs at a time. */
const slotsOfNewNode = 3;

/** @param newNodes nodes that are about to be connected and have no slot yet */
export function primaryProblems(facts: ServerFacts, newNodes: number): string[] {
  const problems = commonProblems(facts);
  if (facts.walLevel !== "logical") {
    problems.push(`wal_level is ${facts.walLevel}: set it to logical (ALTER SYSTEM SET wal_level = 'logical') and restart the server`);
  }
  if (!facts.superuser && !facts.replication) {
    problems.push(`role ${facts.role} may not make replication slots: ALTER ROLE ${facts.role} REPLICATION, or use a superuser`);
  }
  const wanted = newNodes * slotsOfNewNode;
  for (const [setting, max, used] of [
    ["max_replication_slots", facts.slotsMax, facts.slotsUsed], ["max_wal_senders", facts.sendersMax, facts.sendersUsed],
  ] as const) {
    if (max - used < wanted || max === 0) {
      problems.push(`${setting} is ${String(max)} and ${String(used)} are in use: ${String(Math.max(wanted, 1))} more are needed; raise it and restart the server, or drop what is not used`);
    }
  }
  return problems;
}

export function nodeProblems(facts: ServerFacts): string[] {
  const problems = commonProblems(facts);
  if (!facts.createSubscription) {
    problems.push(`role ${facts.role} may not make subscriptions: use a superuser${facts.version >= 160_000 ? `, or GRANT pg_create_subscription TO ${facts.role}` : ""}`);
  }
  for (const [setting, max] of [["max_logical_replication_workers", facts.applyWorkersMax], ["max_worker_processes", facts.workerProcessesMax]] as const) {
    if (max < 3) problems.push(`${setting} is ${String(max)}: a node needs 3 for itself (one applies, two copy); raise it and restart the server`);
  }
  return problems;
}

function commonProblems(facts: ServerFacts): string[] {
  const problems: string[] = [];
  if (facts.version < oldestServerVersion) problems.push(`PostgreSQL ${facts.versionText} is too old: 15 or later is needed`);
  if (!facts.createOnDatabase) {
    problems.push(`role ${facts.role} may not create schemas and publications: GRANT CREATE ON DATABASE ${facts.database} TO ${facts.role}`);
  }
  return problems;
}
