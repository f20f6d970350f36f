import { escapeIdentifier, escapeLiteral, type ClientBase } from "pg";
import type { ServerFacts } from "./preflight.js";

/** The role that the processes of Millrace connect as. */
export interface AppRole {
  readonly appRole: string;
  /** Given where `migrate` may make the role when it is missing. */
  readonly appPassword?: string;
}

interface RoleRow {
  readonly rolsuper: boolean;
  readonly rolbypassrls: boolean;
  readonly rolcanlogin: boolean;
}

/** What is wrong with the application's role; empty also where it is missing and can be made. */
export async function appRoleProblems(client: ClientBase, facts: ServerFacts, { appRole, appPassword }: AppRole): Promise<string[]> {
  const role = await findRole(client, appRole);
  if (facts.role === appRole) {
    return [`the application's role ${appRole} is the one that migrates, so it would own the tables and no grant would bind it: name another role in the application's URL, or an administrator in DATABASE_ADMIN_URL or READ_DATABASE_ADMIN_URLS`];
  }
  if (role === undefined) {
    if (facts.createRole && appPassword !== undefined) return [];
    const remedy = `CREATE ROLE ${escapeIdentifier(appRole)} LOGIN PASSWORD '…'`;
    return [facts.createRole
      ? `the application's role ${appRole} is missing: ${remedy}, or put a password into the application's URL and migrate makes it`
      : `the application's role ${appRole} is missing, and ${facts.role} may not make it: ${remedy}`];
  }
  const problems: string[] = [];
  if (role.rolsuper) problems.push(`the application's role ${appRole} is a superuser, so no grant binds it: ALTER ROLE ${escapeIdentifier(appRole)} NOSUPERUSER, or name another role`);
  if (role.rolbypassrls) problems.push(`the application's role ${appRole} passes by row security: ALTER ROLE ${escapeIdentifier(appRole)} NOBYPASSRLS, or name another role`);
  if (!role.rolcanlogin) problems.push(`the application's role ${appRole} may not log in: ALTER ROLE ${escapeIdentifier(appRole)} LOGIN`);
  return problems;
}

/** @returns true where the role was made now */
export async function ensureAppRole(client: ClientBase, { appRole, appPassword }: AppRole): Promise<boolean> {
  if (await findRole(client, appRole) || appPassword === undefined) return false;
  try {
    await client.query(`CREATE ROLE ${escapeIdentifier(appRole)} LOGIN PASSWORD ${escapeLiteral(appPassword)}`);
    return true;
  } catch (error) {
    // Roles belong to the server: another database's migration may have been first.
    if (await findRole(client, appRole)) return false;
    throw error;
  }
}

async function findRole(client: ClientBase, name: string): Promise<RoleRow | undefined> {
  const { rows } = await client.query<RoleRow>("SELECT rolsuper, rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname = $1", [name]);
  return rows[0];
}
