import { chmod, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "../../src/platform/log/logger.js";
import { appRole, prepareDatabase } from "../../src/platform/embedded/server-database.js";
import { startEmbedded } from "../../src/platform/embedded/start-embedded.js";
import { clustersVariable, redisVariable, type TestServerUrls } from "./clusters.js";
import { claimRunDirectory, removeDeadRuns, removeRunDirectory, runDirectoryPrefix } from "./run-directory.js";
import { startTestRedis } from "./test-redis.js";

/** The servers of one test run. */
export interface TestServers {
  /** For the workers. */
  readonly environment: Readonly<Record<string, string>>;
  /** One line each, for whoever started the run. */
  readonly remarks: readonly string[];
  stop(): Promise<void>;
}

interface Part<Value> {
  readonly value: Value;
  stop(): Promise<void>;
}

type Urls = Readonly<Record<"primary" | "node", TestServerUrls>>;

/** Many databases share the servers, each with its publication, slot and subscription; and nobody keeps the data. */
const settings = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  max_connections: "300",
  max_wal_senders: "60",
  max_replication_slots: "60",
  max_active_replication_origins: "60",
  max_worker_processes: "80",
  max_logical_replication_workers: "60",
  max_slot_wal_keep_size: "512MB",
  max_wal_size: "1GB",
};

/** Starts what the run needs, or takes the servers that the environment names; removes what dead runs left. */
export async function startTestServers(): Promise<TestServers> {
  await removeDeadRuns(tmpdir());
  const directory = await mkdtemp(join(tmpdir(), runDirectoryPrefix));
  await claimRunDirectory(directory);
  await chmod(directory, 0o711); // as root the servers run as another user, who must get in
  const parts: Part<unknown>[] = [];
  const stop = async (): Promise<void> => {
    await Promise.allSettled(parts.map((part) => part.stop()));
    await removeRunDirectory(directory);
  };
  try {
    const started = await Promise.allSettled([keep(parts, existingClusters() ?? embeddedClusters(directory)), keep(parts, startTestRedis(directory))] as const);
    const [clusters, redis] = started;
    if (clusters.status === "rejected") throw clusters.reason;
    if (redis.status === "rejected") throw redis.reason;
    const url = redis.value.value;
    return {
      environment: { [clustersVariable]: JSON.stringify(clusters.value.value), ...(url !== undefined && { [redisVariable]: url }) },
      remarks: url === undefined ? ["Redis tests are skipped: neither REDIS_URL is set nor a redis-server on the PATH."] : [],
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function keep<Value>(parts: Part<unknown>[], starting: Promise<Part<Value>>): Promise<Part<Value>> {
  const part = await starting;
  parts.push(part);
  return part;
}

async function embeddedClusters(directory: string): Promise<Part<Urls>> {
  const servers = await startEmbedded({ dataDir: join(directory, "servers"), nodeCount: 1, logger: createLogger("warn"), settings });
  const { primary, nodes: [node] } = servers;
  if (!node) throw new Error("one read node was asked for");
  const urlsOf = ({ adminUrl, appUrl }: TestServerUrls): TestServerUrls => ({ adminUrl, appUrl });
  return { value: { primary: urlsOf(primary), node: urlsOf(node) }, stop: () => servers.stop() };
}

/** Servers that run already, for example those of another PostgreSQL version; they are left running. */
function existingClusters(): Promise<Part<Urls>> | undefined {
  const { MILLRACE_TEST_PRIMARY_URL: primary, MILLRACE_TEST_NODE_URL: node } = process.env;
  if (!primary && !node) return undefined;
  if (!primary || !node) throw new Error("Set both MILLRACE_TEST_PRIMARY_URL and MILLRACE_TEST_NODE_URL (superuser URLs), or none.");
  return Promise.all([withAppRole(primary), withAppRole(node)]).then(([onPrimary, onNode]) => ({
    value: { primary: onPrimary, node: onNode },
    stop: () => Promise.resolve(),
  }));
}

async function withAppRole(adminUrl: string): Promise<TestServerUrls> {
  const password = "millrace-test";
  await prepareDatabase(adminUrl, "millrace", password);
  const appUrl = new URL(adminUrl);
  appUrl.username = appRole;
  appUrl.password = password;
  return { adminUrl, appUrl: appUrl.href };
}
