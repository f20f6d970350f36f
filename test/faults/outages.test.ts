import { chmod, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { newId } from "../../src/kernel/ids.js";
import { startEmbedded, type EmbeddedServers } from "../../src/platform/embedded/start-embedded.js";
import { freePort } from "../../src/platform/embedded/free-port.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { placeOrder } from "../queries/shop-life.js";
import { eventually } from "../split/eventually.js";
import { ShopProcesses, type ShopAnswer } from "../split/shop-processes.js";
import { runMillrace, type MillraceProcess } from "../support/processes.js";
import { claimRunDirectory, removeRunDirectory, runDirectoryPrefix } from "../support/run-directory.js";
import { hasRedisServer, startRedis, type TestRedis } from "../support/test-redis.js";

const whereThereIsRedis = hasRedisServer() ? it : it.skip;
const goesOnWithinMs = 45_000;
const input = { lines: [{ sku: "LAMP", quantity: 1 }] };

/** One API, one worker and one projector for both nodes: the same three processes through all outages. */
describe("while a part is away", () => {
  let directory: string;
  let servers: EmbeddedServers;
  let redisPort: number;
  let redis: TestRedis | null = null;
  let shop: ShopProcesses;
  let api: MillraceProcess;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), runDirectoryPrefix));
    await claimRunDirectory(directory);
    await chmod(directory, 0o711); // as root the servers run as another user, who must get in
    const settings = { fsync: "off", synchronous_commit: "off", full_page_writes: "off", wal_retrieve_retry_interval: "500ms" };
    servers = await startEmbedded({ dataDir: join(directory, "servers"), nodeCount: 2, logger: createLogger("silent"), settings });
    redisPort = await freePort(undefined, new Set());
    if (hasRedisServer()) redis = await startRedis(directory, redisPort);
    shop = await ShopProcesses.open({
      servers, directory, redisUrl: `redis://127.0.0.1:${String(redisPort)}`,
      settings: { IN_DOUBT_WAIT_MS: "500", LIVE_REFRESH_MS: "60000", LOG_LEVEL: "debug" },
    });
    expect(await runMillrace(["migrate"], shop.environment)).toMatchObject({ code: 0 });
    [api] = await Promise.all([shop.start("api"), shop.start("worker"), shop.start("projector")]);
    shop.sendWebhooksTo(api.url);
    await shop.furnish(api.url);
  }, 120_000);

  afterEach(() => {
    expect(shop.processes.filter((process) => !process.isAlive()).map(({ name, output }) => [name, output().slice(-2_000)])).toEqual([]);
  });

  afterAll(async () => {
    await (shop as ShopProcesses | undefined)?.close();
    await redis?.stop();
    await (servers as EmbeddedServers | undefined)?.stop();
    await removeRunDirectory(directory);
  }, 60_000);

  const statusOf = async (orderId: string): Promise<string | undefined> =>
    (await shop.ask(api.url, "ann", "query ($id: ID!) { order(id: $id) { status } }", { id: orderId })).data?.order?.status;
  const reaches = (orderId: string, status: string): Promise<unknown> =>
    eventually(`the order is ${status}`, goesOnWithinMs, async () => await statusOf(orderId) === status);
  /** Attempts of the queue that came to nothing, by which a test knows that it was tried. */
  const failuresOf = async (queue: string, orderId: string): Promise<number> =>
    (await shop.rows("SELECT FROM job_attempt WHERE queue = $1 AND outcome IN ('failed', 'deferred') AND correlation_id LIKE '%' || $2", [queue, orderId.slice("order_".length)])).length;

  const nodesAway = async (): Promise<string[]> => {
    const { parts } = await (await fetch(`${api.url}/readyz`)).json() as { parts: { name: string; ok: boolean }[] };
    return parts.filter(({ name, ok }) => name.startsWith("read ") && !ok).map(({ name }) => name);
  };

  it("payments: orders are accepted, wait, and are paid once when the provider is back", async () => {
    await shop.stopPayments();
    const orderId = await shop.place(api.url, "ann");
    await eventually("the charge was tried in vain", goesOnWithinMs, async () => await failuresOf("payments.charge", orderId) > 0);
    await reaches(orderId, "PLACED");
    await shop.startPayments();
    await reaches(orderId, "DELIVERED");
  }, 60_000);

  it("the courier: orders are accepted and paid, and their parcels leave when it is back", async () => {
    await shop.stopCourier();
    const orderId = await shop.place(api.url, "ann");
    await eventually("the booking was tried in vain", goesOnWithinMs, async () => await failuresOf("shipping.book", orderId) > 0);
    await reaches(orderId, "PAID");
    await shop.startCourier();
    await reaches(orderId, "DELIVERED");
  }, 60_000);

  it("a read node: queries use the other; with none left they say so, and orders are still accepted", async () => {
    await servers.nodes[0]!.stop();
    const first = await shop.place(api.url, "ann");
    await reaches(first, "DELIVERED");
    await servers.nodes[1]!.stop();
    const second = await shop.place(api.url, "ann");
    const refused = await eventually("queries are refused", 10_000, async () => {
      const answer = await shop.ask(api.url, "ann", "{ orders(first: 1) { nodes { id } } }");
      return answer.errors && answer;
    });
    expect(refused).toMatchObject({ status: 503, retryAfter: "1", errors: [{ extensions: { code: "READ_UNAVAILABLE" } }] });
    expect((await fetch(`${api.url}/readyz`)).status).toBe(200);
    expect(await nodesAway()).toEqual(["read node1", "read node2"]);
    await servers.nodes[0]!.start();
    await reaches(second, "DELIVERED");
    await servers.nodes[1]!.start();
    await eventually("both nodes answer", goesOnWithinMs, async () => (await nodesAway()).length === 0);
  }, 90_000);

  whereThereIsRedis("Redis: orders and queries go on, and a live subscription goes on after it", async () => {
    const orderId = await shop.place(api.url, "ann");
    await reaches(orderId, "DELIVERED");
    const feed = await shop.watch(api.url, "operator", "subscription { liveOrders { kind orders { id } } }");
    await feed.next();
    await redis?.stop();
    const during = await shop.place(api.url, "ann");
    await reaches(during, "DELIVERED");
    redis = await startRedis(directory, redisPort);
    const seen = new Set<string>();
    const seeUntil = async (id: string): Promise<void> => {
      while (!seen.has(id)) for (const order of (await feed.next()).value.data.liveOrders.orders) seen.add(order.id);
    };
    await seeUntil(during); // its pushes were lost: on the return the feed is read again
    const after = await shop.place(api.url, "ann");
    await seeUntil(after);
  }, 90_000);

  it("the primary: callers are told to repeat, and everything goes on without a restart", async () => {
    const worker = shop.processes.find(({ name }) => name === "worker")!;
    const saidBefore = worker.output().length;
    const waiting = await shop.place(api.url, "ann");
    await servers.primary.stop();
    const key = newId();
    const place = (): Promise<ShopAnswer> => shop.ask(api.url, "ann", placeOrder, { input: { ...input, idempotencyKey: key } });
    const refused = await place();
    expect(refused).toMatchObject({ status: 503, retryAfter: expect.stringMatching(/^\d+$/), errors: [{ extensions: { code: expect.stringMatching(/^(UNAVAILABLE|IN_DOUBT)$/), retryAfterSeconds: expect.any(Number) } }] });
    expect((await fetch(`${api.url}/readyz`)).status).toBe(503);
    // Queries go on; a node that was away a moment ago may not have the newest order yet.
    const { data, errors } = await shop.ask(api.url, "ann", "{ orders(first: 1) { nodes { id } } }");
    expect([data?.orders?.nodes?.length, errors]).toEqual([1, undefined]);
    const startedMeanwhile = shop.start("api");
    await servers.primary.start();
    const orderId = await eventually("the order is taken", goesOnWithinMs, async () => (await place()).data?.placeOrder?.orderId as string | undefined);
    await reaches(orderId, "DELIVERED");
    await reaches(waiting, "DELIVERED");
    // Its first query is the LISTEN; every ten seconds afterwards it asks whether the channel is still heard.
    await eventually("the worker listens again", goesOnWithinMs, async () =>
      (await shop.rows("SELECT FROM pg_stat_activity WHERE application_name = 'millrace worker jobs' AND query ~* '^listen|pg_listening_channels'")).length > 0);
    expect((await fetch(`${api.url}/readyz`)).status).toBe(200);
    // Sixteen pollers met the outage: a line of each kind of error is enough.
    const told = worker.output().slice(saidBefore).split("\n").filter((line) => line.includes("pg-boss met an error"));
    expect(told.length).toBeGreaterThan(0);
    expect(told.length).toBeLessThan(8);
    expect(await (await startedMeanwhile).end("SIGTERM")).toEqual({ code: 0, signal: null });
    shop.processes.pop();
  }, 120_000);
});
