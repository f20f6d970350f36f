import { chmod, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { newId } from "../../src/kernel/ids.js";
import { freePort } from "../../src/platform/embedded/free-port.js";
import { looksForKilledWorkers, missKilledWorkersSoon } from "../support/killed-workers.js";
import { runMillrace, type MillraceProcess } from "../support/processes.js";
import { claimRunDirectory, removeRunDirectory, runDirectoryPrefix } from "../support/run-directory.js";
import { hasRedisServer, startRedis, type TestRedis } from "../support/test-redis.js";
import { copyOf, ordersOf } from "./copies.js";
import { debianBinaries, debianMajor, startDebianServers, type ShopServers } from "./debian-servers.js";
import { eventually } from "./eventually.js";
import { ShopProcesses } from "./shop-processes.js";

const binaries = debianBinaries();
const missing = [...(binaries ? [] : [`PostgreSQL ${debianMajor} (Debian's package postgresql-${debianMajor})`]), ...(hasRedisServer() ? [] : ["a redis-server on the PATH"])];
if (missing.length > 0) process.stderr.write(`The test of split mode is skipped: it needs ${missing.join(" and ")}.\n`);
const whereThereAreServers = missing.length > 0 ? describe.skip : describe;

/** One story, in order: each step begins where the one before it ended. */
whereThereAreServers(`split mode on PostgreSQL ${debianMajor} and Redis`, () => {
  const replicator = { role: "replicator", password: "carries the log" };
  const acknowledged = new Set<string>();
  let directory: string;
  let servers: ShopServers;
  let redis: TestRedis;
  let shop: ShopProcesses;
  let apis: [MillraceProcess, MillraceProcess];
  let workers: [MillraceProcess, MillraceProcess];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), runDirectoryPrefix));
    await claimRunDirectory(directory);
    await chmod(directory, 0o711); // as root the servers run as another user, who must get in
    [servers, redis] = await Promise.all([startDebianServers(binaries!, join(directory, "servers"), 2), freePort(undefined, new Set()).then((port) => startRedis(directory, port))]);
    const replicationUrl = new URL(servers.primary.adminUrl);
    [replicationUrl.username, replicationUrl.password] = [replicator.role, replicator.password];
    shop = await ShopProcesses.open({ servers, directory, redisUrl: redis.value!, settings: { ...looksForKilledWorkers, REPLICATION_URL: replicationUrl.href, LIVE_REFRESH_MS: "60000" } });
    await shop.rows(`CREATE ROLE ${replicator.role} LOGIN REPLICATION PASSWORD '${replicator.password}'`);
  }, 60_000);

  afterAll(async () => {
    await (shop as ShopProcesses | undefined)?.close();
    await (redis as TestRedis | undefined)?.stop();
    await (servers as ShopServers | undefined)?.stop();
    await removeRunDirectory(directory);
  }, 60_000);

  /** Asks the two APIs in turn until one acknowledges, always with the same key. */
  const placeSomewhere = async (first: number): Promise<void> => {
    const key = newId();
    let turn = first;
    acknowledged.add(await eventually("an API acknowledges the order", 20_000, () => {
      turn += 1;
      return shop.place(apis[turn % 2]!.url, turn % 3 === 0 ? "ann" : "bob", key);
    }));
  };

  it("is set up by migrate, which does no harm when it is run again", async () => {
    const first = await runMillrace(["migrate"], shop.environment);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toMatch(/^node1: role made; migrated: .*\nnode2: role made; .*\nprimary: role made; .*\nnode1: follows the primary.*\nnode2: follows the primary/);
    const second = await runMillrace(["migrate"], shop.environment);
    expect(second).toMatchObject({ code: 0, stderr: "" });
    expect(second.stdout).toMatch(/^node1: up to date\nnode2: up to date\nprimary: up to date\nnode1: follows the primary.*\nnode2: follows the primary/);
  }, 30_000);

  it("starts two APIs, two workers and a projector for each node", async () => {
    await missKilledWorkersSoon(servers.primary.adminUrl);
    const [one, two, ...rest] = await Promise.all([
      shop.start("api"), shop.start("api"), shop.start("worker"), shop.start("worker"),
      shop.start("projector", "--node", "node1"), shop.start("projector", "--node", "node2"),
    ]);
    apis = [one, two];
    workers = [rest[0], rest[1]];
    shop.sendWebhooksTo(one.url);
    await shop.furnish(two.url);
  }, 90_000);

  it("shows an order live on the other API, to the door", async () => {
    const feed = await eventually("a node has its first tables", 30_000, async () => {
      const stream = await shop.watch(apis[1].url, "operator", "subscription { liveOrders { kind orders { id status } } }");
      expect((await stream.next()).value.data.liveOrders.kind).toBe("snapshot");
      return stream;
    });
    const orderId = await shop.place(apis[0].url, "ann");
    acknowledged.add(orderId);
    const statuses: string[] = [];
    const updates = await eventually("the node has the order", 10_000, async () => {
      const stream = await shop.watch(apis[1].url, "ann", "subscription ($id: ID!) { orderUpdates(orderId: $id) { status } }", { id: orderId });
      const { value } = await stream.next();
      statuses.push(value.data.orderUpdates.status);
      return stream;
    });
    while (statuses.at(-1) !== "DELIVERED") statuses.push((await updates.next()).value.data.orderUpdates.status);
    expect(statuses).toEqual(["PLACED", "PAID", "ALLOCATED", "SHIPPED", "DELIVERED"].filter((status) => statuses.includes(status)));
    const pages: string[] = [];
    while (!pages.includes("DELIVERED")) for (const { id, status } of (await feed.next()).value.data.liveOrders.orders) if (id === orderId) pages.push(status);
  }, 30_000);

  it("loses nothing when a worker is killed, a read node is down and an API is killed", async () => {
    const placing = (async () => {
      for (let wave = 0; wave < 12; wave += 1) {
        await Promise.all(Array.from({ length: 8 }, (_, index) => placeSomewhere(index)));
        if (wave === 2) await workers[0].end("SIGKILL");
        if (wave === 4) await servers.nodes[1]!.stop();
        if (wave === 6) {
          await apis[0].end("SIGKILL");
          shop.sendWebhooksTo(apis[1].url);
        }
        if (wave === 9) await servers.nodes[1]!.start();
      }
    })();
    await placing;
    expect(acknowledged.size).toBe(97);
    const [{ count } = { count: 0 }] = await shop.rows<{ count: number }>("SELECT count(*)::int FROM event_log WHERE type = 'OrderPlaced'");
    expect(count).toBe(97);
  }, 60_000);

  it("brings every acknowledged order to the door, and both nodes to the same rows", async () => {
    for (const node of servers.nodes) {
      await eventually(`all orders are delivered on ${new URL(node.appUrl).port}`, 50_000, async () => (await ordersOf(node.appUrl))["DELIVERED"] === acknowledged.size);
    }
    const copies = await eventually("both nodes show the same", 10_000, async () => {
      const [one, two] = await Promise.all(servers.nodes.map(({ adminUrl }) => copyOf(adminUrl)));
      return JSON.stringify(one) === JSON.stringify(two) && one;
    });
    expect(copies["order_card"]).toMatch(/^97 rows/);
    const doctor = await runMillrace(["doctor", "--wait", "30"], shop.environment);
    expect({ ...doctor, stdout: doctor.code === 0 ? "" : doctor.stdout }).toEqual({ code: 0, signal: null, stdout: "", stderr: "" });
  }, 90_000);

  it("ends at SIGTERM, each process with 0, and the database has no connection of it left", async () => {
    const running = shop.processes.filter((process) => process.isAlive());
    expect(running.map(({ name }) => name).sort()).toEqual(["api", "projector --node node1", "projector --node node2", "worker"]);
    expect(await Promise.all(running.map((process) => process.end("SIGTERM")))).toEqual(running.map(() => ({ code: 0, signal: null })));
    await eventually("the last connection is gone", 5_000, async () =>
      (await shop.rows("SELECT FROM pg_stat_activity WHERE application_name LIKE 'millrace %' AND datname = current_database()")).length === 0);
  }, 60_000);
});
