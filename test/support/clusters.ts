/** URLs of one server, for any of its databases. */
export interface TestServer {
  readonly host: string;
  readonly port: number;
  /** As superuser. */
  adminUrl(database?: string): string;
  /** As `millrace_app`, which may connect and has no other right of its own. */
  appUrl(database?: string): string;
}

export interface TestClusters {
  readonly primary: TestServer;
  readonly node: TestServer;
}

/** What global setup hands to the workers: URLs whose database each test replaces by its own. */
export interface TestServerUrls {
  readonly adminUrl: string;
  readonly appUrl: string;
}

export const clustersVariable = "MILLRACE_TEST_CLUSTERS";
export const redisVariable = "MILLRACE_TEST_REDIS_URL";

/** The servers that the whole test run shares. Each test file makes databases of its own on them. */
export function testClusters(): TestClusters {
  const text = process.env[clustersVariable];
  if (!text) throw new Error(`${clustersVariable} is not set: run the tests by jest with this project's configuration, whose global setup starts the servers.`);
  const urls = JSON.parse(text) as Record<"primary" | "node", TestServerUrls>;
  return { primary: serverOf(urls.primary), node: serverOf(urls.node) };
}

/** A Redis for tests; undefined where there is none, and tests that need it are skipped. */
export function testRedisUrl(): string | undefined {
  return process.env[redisVariable];
}

function serverOf({ adminUrl, appUrl }: TestServerUrls): TestServer {
  const { hostname, port } = new URL(adminUrl);
  return {
    host: hostname,
    port: Number(port || "5432"),
    adminUrl: (database = "postgres") => inDatabase(adminUrl, database),
    appUrl: (database = "postgres") => inDatabase(appUrl, database),
  };
}

function inDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${encodeURIComponent(database)}`;
  return changed.href;
}
