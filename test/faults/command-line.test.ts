import { chmod, mkdtemp } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { primaryQueues } from "../../src/cli/consumers.js";
import { startEmbedded, type EmbeddedServers } from "../../src/platform/embedded/start-embedded.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { withClient } from "../../src/platform/postgres/connection.js";
import { projectorQueues } from "../../src/platform/projector/queues.js";
import { eventually } from "../split/eventually.js";
import { ShopProcesses } from "../split/shop-processes.js";
import { runMillrace } from "../support/processes.js";
import { claimRunDirectory, removeRunDirectory, runDirectoryPrefix } from "../support/run-directory.js";
import { createShopDatabases, type ShopDatabases } from "../support/shop-databases.js";

describe("a process of server mode that cannot start", () => {
  const nobody = "postgres://shop:s3cret@127.0.0.1:9/shop";
  const complete = {
    DATABASE_URL: nobody, READ_DATABASE_URLS: nobody, REDIS_URL: "redis://127.0.0.1:9", JWT_SECRET: "a-secret-of-more-than-thirty-two-characters",
    PAYMENT_API_URL: "http://127.0.0.1:9", PAYMENT_API_KEY: "key", PAYMENT_WEBHOOK_SECRET: "whsec_one",
    COURIER_API_URL: "http://127.0.0.1:9", COURIER_API_KEY: "key", COURIER_WEBHOOK_SECRET: "whsec_dHdv",
  };
  const linesOf = (text: string): string[] => text.trimEnd().split("\n");

  it("lists all mistakes at once: malformed, contradictory, missing; and none of its secrets", async () => {
    const { code, stderr } = await runMillrace(["api"], { PORT: "http", BATCH_MAX: "0", DATABASE_URL: nobody, READ_DATABASE_ADMIN_URLS: "mysql://root:s3cret@one/shop", COURIER_API_KEY: "key" });
    expect(code).toBe(1);
    const [headline, ...problems] = linesOf(stderr);
    expect(headline).toBe("The configuration has 11 mistakes:");
    expect(problems.map((line) => /^ {2}- ([A-Z_ or]+?)[.:]/.exec(line)?.[1])).toEqual([
      "PORT", "READ_DATABASE_ADMIN_URLS", "BATCH_MAX", "READ_DATABASE_URLS", "READ_DATABASE_ADMIN_URLS", "JWT_SECRET or JWKS_URL",
      "REDIS_URL", "PAYMENT_API_KEY", "PAYMENT_WEBHOOK_SECRET", "COURIER_API_URL", "COURIER_WEBHOOK_SECRET",
    ]);
    expect(stderr).not.toContain("s3cret");
  });

  it("asks for no more than it works with", async () => {
    const { DATABASE_URL, READ_DATABASE_URLS, JWT_SECRET } = complete;
    const { code, stderr } = await runMillrace(["projector"], { DATABASE_URL, READ_DATABASE_URLS, JWT_SECRET });
    expect([code, linesOf(stderr)]).toEqual([1, ["The configuration has 1 mistake:", "  - REDIS_URL: needed in server mode (see .env.example)"]]);
  });

  it("says which read nodes there are", async () => {
    const { code, stderr } = await runMillrace(["projector", "--node", "node7"], { ...complete, LOG_LEVEL: "fatal" });
    expect([code, linesOf(stderr).at(-1)]).toEqual([1, "  - --node: there is no read node node7; there are: node1"]);
  });

  it("names a port that is taken, and the setting for another", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await eventually("it listens", 5_000, () => server.listening);
    const port = String((server.address() as AddressInfo).port);
    try {
      const [api, worker] = await Promise.all([
        runMillrace(["api"], { ...complete, LOG_LEVEL: "fatal", PORT: port }), runMillrace(["worker"], { ...complete, LOG_LEVEL: "fatal", OPERATIONS_PORT: port }),
      ]);
      expect([api.code, api.stdout, api.stderr]).toEqual([1, "", expect.stringMatching(new RegExp(`^Port ${port} on 127.0.0.1 is taken.*PORT=\\d+\\.\\n$`))]);
      expect([worker.code, worker.stdout, worker.stderr]).toEqual([1, "", expect.stringMatching(new RegExp(`^Port ${port} on 127.0.0.1 is taken.*OPERATIONS_PORT=\\d+\\.\\n$`))]);
    } finally {
      server.close();
    }
  }, 30_000);

  it("says in one line that a server cannot be reached", async () => {
    for (const command of [["worker"], ["projector"], ["migrate"]]) {
      const { code, stderr } = await runMillrace(command, { ...complete, LOG_LEVEL: "fatal" });
      expect([command, code, stderr]).toEqual([command, 1, "A server cannot be reached: connect ECONNREFUSED 127.0.0.1:9. Start it (the embedded ones run while `npm start` does), or correct its URL.\n"]);
    }
  }, 30_000);
});

describe("migrate on a server that is not ready", () => {
  let directory: string;
  let servers: EmbeddedServers;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), runDirectoryPrefix));
    await claimRunDirectory(directory);
    await chmod(directory, 0o711); // as root the servers run as another user, who must get in
    servers = await startEmbedded({ dataDir: join(directory, "servers"), nodeCount: 0, logger: createLogger("silent"), settings: { fsync: "off", wal_level: "replica", max_replication_slots: "2" } });
  }, 60_000);
  afterAll(async () => {
    await (servers as EmbeddedServers | undefined)?.stop();
    await removeRunDirectory(directory);
  });

  it("names the wal_level, the slots that are too few and a role that is a superuser, and changes nothing", async () => {
    const { adminUrl } = servers.primary;
    await withClient({ url: adminUrl }, (client) => client.query("CREATE ROLE mighty LOGIN SUPERUSER PASSWORD 'm'"));
    const appUrl = new URL(adminUrl);
    [appUrl.username, appUrl.password] = ["mighty", "m"];
    const { code, stdout, stderr } = await runMillrace(["migrate"], {
      DATABASE_URL: appUrl.href, DATABASE_ADMIN_URL: adminUrl, READ_DATABASE_URLS: appUrl.href, READ_DATABASE_ADMIN_URLS: adminUrl, JWT_SECRET: "a-secret-of-more-than-thirty-two-characters",
    });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^The database set-up is not ready:\n {2}- primary: wal_level is replica: set it to logical .*\n {2}- primary: max_replication_slots is 2 and 0 are in use: 3 more .*\n {2}- primary: the application's role mighty is a superuser.*\n {2}- node1: the application's role mighty is a superuser.*\n$/);
    const { rowCount } = await withClient({ url: adminUrl }, (client) => client.query("SELECT FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"));
    expect(rowCount).toBe(0);
  }, 30_000);
});

describe("an API that is told to stop", () => {
  let databases: ShopDatabases;
  let directory: string;
  let shop: ShopProcesses;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "millrace-drain-"));
    databases = await createShopDatabases({ nodes: 1, queues: primaryQueues, nodeQueues: projectorQueues });
    const idle = { stop: () => Promise.resolve(), start: () => Promise.resolve() };
    shop = await ShopProcesses.open({
      servers: { primary: { ...databases.primary, ...idle }, nodes: databases.nodes.map((node) => ({ ...node, ...idle })), ...idle },
      directory, redisUrl: "redis://127.0.0.1:9",
    });
  }, 60_000);
  afterAll(async () => {
    await (shop as ShopProcesses | undefined)?.close();
    await (databases as ShopDatabases | undefined)?.drop();
    await removeRunDirectory(directory);
  });

  it("answers the order that is under way, takes no new one, and ends with 0", async () => {
    const api = await shop.start("api");
    await shop.furnish(api.url);
    const { adminUrl } = databases.primary;
    const { answer, exit } = await withClient({ url: adminUrl }, async (client) => {
      await client.query("BEGIN; SELECT FROM stock_item WHERE sku = 'LAMP' FOR UPDATE");
      const underWay = shop.place(api.url, "ann");
      underWay.catch(() => undefined); // it is awaited below
      await eventually("the order waits for the stock", 5_000, async () =>
        (await shop.rows("SELECT FROM pg_stat_activity WHERE application_name = 'millrace api' AND wait_event_type = 'Lock' AND datname = current_database()")).length > 0);
      const ending = api.end("SIGTERM");
      await eventually("nobody listens any more", 5_000, async () => fetch(`${api.url}/livez`).then(() => false, () => true));
      expect(api.isAlive()).toBe(true);
      await client.query("COMMIT");
      return { answer: await underWay, exit: await ending };
    });
    expect(answer).toMatch(/^order_/);
    expect(exit).toEqual({ code: 0, signal: null });
    expect(await shop.rows("SELECT FROM event_log WHERE type = 'OrderPlaced'")).toHaveLength(1);
  }, 60_000);
});
