import { withClient, type ConnectionSettings } from "../postgres/connection.js";

/** The role that the program connects as: no superuser, so that row security and grants mean something. */
export const appRole = "millrace_app";

export function urlOf(port: number, database: string, user: string, password: string): string {
  return `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${String(port)}/${encodeURIComponent(database)}`;
}

/** Whether the server takes our superuser's password and says that the directory is its own. */
export async function answersWithDirectory(adminUrl: string, dataDirectory: string): Promise<boolean> {
  try {
    return await withClient(bounded(adminUrl), async (client) => {
      const { rows } = await client.query<{ data_directory: string }>("SHOW data_directory");
      return rows[0]?.data_directory === dataDirectory;
    });
  } catch {
    return false; // nobody there, or somebody else's server
  }
}

/**
 * Sees to it that the database and the application's role are there; can be run again without harm.
 * The role may connect and nothing else: what it may read and write is granted by the migrations.
 * @param adminUrl superuser, in a database that is there already
 */
export async function prepareDatabase(adminUrl: string, database: string, appPassword: string): Promise<void> {
  await withClient(bounded(adminUrl), async (client) => {
    const name = client.escapeIdentifier(database);
    const { rowCount } = await client.query("SELECT FROM pg_database WHERE datname = $1", [database]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${name}`);
    const role = await client.query("SELECT FROM pg_roles WHERE rolname = $1", [appRole]);
    await client.query(`
      ${role.rowCount === 0 ? "CREATE" : "ALTER"} ROLE ${appRole}
        LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD ${client.escapeLiteral(appPassword)};
      REVOKE ALL ON DATABASE ${name} FROM PUBLIC;
      GRANT CONNECT ON DATABASE ${name} TO ${appRole}`);
  });
}

function bounded(url: string): ConnectionSettings {
  return { url, applicationName: "millrace embedded", statementTimeoutMs: 30_000 };
}
