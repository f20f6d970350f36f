import { ConfigurationError, type Settings } from "../platform/config/config.js";

/** A database under both its roles. */
export interface DatabaseTarget {
  readonly adminUrl: string;
  readonly appUrl: string;
}

export interface NodeTarget extends DatabaseTarget {
  readonly name: string;
}

/** Where everything is; made of the settings in server mode, of the embedded servers otherwise. */
export interface DatabaseTargets {
  readonly primary: DatabaseTarget;
  readonly nodes: readonly NodeTarget[];
  /** As the nodes reach the primary; by default the primary's administrator. */
  readonly replicationUrl?: string;
}

/** Nodes are called `node1`, `node2` … in the order of READ_DATABASE_URLS. @throws ConfigurationError outside server mode */
export function databaseTargets(settings: Settings): DatabaseTargets {
  const { DATABASE_URL, DATABASE_ADMIN_URL, READ_DATABASE_URLS, READ_DATABASE_ADMIN_URLS, REPLICATION_URL } = settings;
  if (DATABASE_URL === undefined || READ_DATABASE_URLS === undefined) {
    throw new ConfigurationError(["DATABASE_URL and READ_DATABASE_URLS: needed to migrate servers; the embedded ones are migrated by `npm start`"]);
  }
  return {
    primary: { adminUrl: DATABASE_ADMIN_URL ?? DATABASE_URL, appUrl: DATABASE_URL },
    nodes: READ_DATABASE_URLS.map((appUrl, index) => ({
      name: `node${String(index + 1)}`, appUrl, adminUrl: READ_DATABASE_ADMIN_URLS?.[index] ?? appUrl,
    })),
    ...(REPLICATION_URL === undefined ? {} : { replicationUrl: REPLICATION_URL }),
  };
}

/** The application's role of a URL, and its password where the URL has one. */
export function appRoleOf(url: string): { appRole: string; appPassword?: string } {
  const { username, password } = new URL(url);
  return { appRole: decodeURIComponent(username), ...(password === "" ? {} : { appPassword: decodeURIComponent(password) }) };
}
