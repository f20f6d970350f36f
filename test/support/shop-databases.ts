import { createHash, randomBytes } from "node:crypto";
import type pg from "pg";
import type { QueueDefinition } from "../../src/platform/jobs/queue.js";
import { withClient } from "../../src/platform/postgres/connection.js";
import { migratePrimary } from "../../src/platform/postgres/migrate-primary.js";
import { migrationsHash } from "../../src/platform/postgres/migrations.js";
import { connectNode } from "../../src/platform/replication/connect-node.js";
import { migrateNode } from "../../src/platform/replication/migrate-node.js";
import { slotNameOf } from "../../src/platform/replication/node-name.js";
import { waitUntilReady } from "../../src/platform/replication/ready.js";
import { cutOff } from "../../src/platform/replication/resync-node.js";
import { testClusters } from "./clusters.js";

type TestCluster = ReturnType<typeof testClusters>["primary"];

export interface ShopDatabase {
  readonly adminUrl: string;
  readonly appUrl: string;
}

export interface ShopNode extends ShopDatabase {
  readonly name: string;
}

export interface ShopDatabases {
  readonly primary: ShopDatabase;
  readonly nodes: readonly ShopNode[];
  /** Clones and connects another node to the running primary. It is in `nodes` of the result only. */
  addNode(options?: { readonly connect?: boolean }): Promise<ShopNode>;
  /** Drops subscriptions, slots and databases, also of nodes that were added. */
  drop(): Promise<void>;
}

export interface ShopOptions {
  readonly nodes: number;
  /** Queues on the primary; on a node `nodeQueues`. */
  readonly queues?: readonly QueueDefinition[];
  readonly nodeQueues?: readonly QueueDefinition[];
  /** False leaves the nodes migrated and not yet connected. */
  readonly connect?: boolean;
}

/** In the two-integer space, on the cluster's `postgres` database: one process makes templates at a time. */
const templateLock = [724_001, 99] as const;
const readyWithinMs = 30_000;

/**
 * A primary and its read nodes, each a database of its own cloned from a migrated template, with real
 * logical replication between them. Templates are made once for each state of the migrations and queues.
 */
export async function createShopDatabases(options: ShopOptions): Promise<ShopDatabases> {
  const { queues = [], nodeQueues = [], connect = true } = options;
  const clusters = testClusters();
  const shop = randomBytes(5).toString("hex");
  const primary = await clone(clusters.primary, `shop_${shop}`, `template_primary_${fingerprint("primary", queues)}`,
    (adminUrl, app) => migratePrimary({ adminUrl, ...app, queues }));
  const nodes: ShopNode[] = [];
  const addNode = async ({ connect: connecting = true } = {}): Promise<ShopNode> => {
    const name = `n${String(nodes.length + 1)}_${shop}`;
    const database = await clone(clusters.node, `shop_${name}`, `template_node_${fingerprint("read", nodeQueues)}`,
      (adminUrl, app) => migrateNode({ adminUrl, ...app, nodeName: "template", queues: nodeQueues }));
    const node = { name, ...database };
    nodes.push(node);
    if (connecting) {
      await connectNode({ nodeName: name, nodeAdminUrl: node.adminUrl, primaryAdminUrl: primary.adminUrl });
    }
    return node;
  };
  for (let count = 0; count < options.nodes; count += 1) await addNode({ connect });
  if (connect) await Promise.all(nodes.map(ready));
  const drop = async (): Promise<void> => {
    for (const node of nodes) {
      await withClient({ url: node.adminUrl }, (client) =>
        withClient({ url: primary.adminUrl }, (upstream) => cutOff(client, upstream, slotNameOf(node.name))));
      await dropDatabase(clusters.node, node.adminUrl);
    }
    await dropDatabase(clusters.primary, primary.adminUrl);
  };
  return { primary, nodes: [...nodes], addNode, drop };
}

async function ready(node: ShopNode): Promise<void> {
  if (await waitUntilReady(node.appUrl, readyWithinMs) === null) throw new Error(`Node ${node.name} was not ready within ${String(readyWithinMs)} ms.`);
}

function fingerprint(set: "primary" | "read", queues: readonly QueueDefinition[]): string {
  return createHash("sha256").update(migrationsHash(set)).update(JSON.stringify(queues)).digest("hex").slice(0, 16);
}

type Migrate = (adminUrl: string, app: { appRole: string; appPassword: string }) => Promise<unknown>;

async function clone(cluster: TestCluster, database: string, template: string, migrate: Migrate): Promise<ShopDatabase> {
  await withClient({ url: cluster.adminUrl("postgres") }, async (client) => {
    await client.query("SELECT pg_advisory_lock($1, $2)", [...templateLock]);
    await ensureTemplate(client, cluster, template, migrate);
    await client.query(`CREATE DATABASE ${database} TEMPLATE ${template} STRATEGY file_copy`);
  });
  return { adminUrl: cluster.adminUrl(database), appUrl: cluster.appUrl(database) };
}

/** Built under another name and renamed when it is whole: a run that was killed leaves no half template. */
async function ensureTemplate(client: pg.Client, cluster: TestCluster, template: string, migrate: Migrate): Promise<void> {
  const { rowCount } = await client.query("SELECT FROM pg_database WHERE datname = $1", [template]);
  if (rowCount !== 0) return;
  const draft = `${template}_draft`;
  await client.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`);
  await client.query(`CREATE DATABASE ${draft}`);
  const app = new URL(cluster.appUrl(draft));
  await migrate(cluster.adminUrl(draft), { appRole: decodeURIComponent(app.username), appPassword: decodeURIComponent(app.password) });
  // A pool that was just closed may still be leaving the server.
  await client.query("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1", [draft]);
  await client.query(`ALTER DATABASE ${draft} RENAME TO ${template}`);
}

async function dropDatabase(cluster: TestCluster, url: string): Promise<void> {
  await withClient({ url: cluster.adminUrl("postgres") }, (client) =>
    client.query(`DROP DATABASE IF EXISTS ${new URL(url).pathname.slice(1)} WITH (FORCE)`));
}
