import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { examineCopies } from "../../src/cli/doctor/check-copies.js";
import { examineReadRows } from "../../src/cli/doctor/check-read-rows.js";
import { primaryQueues } from "../../src/cli/consumers.js";
import { examineProjectionLag } from "../../src/cli/doctor/quiet.js";
import { readTables } from "../../src/cli/projections.js";
import { withClient } from "../../src/platform/postgres/connection.js";
import { projectorQueues } from "../../src/platform/projector/queues.js";
import { Trader, type Sale } from "../doctor/trader.js";
import { secret } from "../http/sample-api.js";
import { eventually } from "../split/eventually.js";
import { startMillrace, type Exit, type MillraceProcess } from "../support/processes.js";
import { createShopDatabases, type ShopDatabases, type ShopNode } from "../support/shop-databases.js";

const kills = 4;
const writers = 4;
/** Paid orders that a writer keeps before it cancels the oldest: capture and refund are then more than a page of the log apart. */
const ordersKept = 30;
/** Between a writer's orders: without it they take all there is of the machine, and a projector takes long to start. */
const breathMs = 10;
/** What may pass until something comes about that has to; on a machine that is not busy it is far less. */
const comesAboutWithinMs = 20_000;
const killed: Exit = { code: null, signal: "SIGKILL" };

describe("a projector process that is killed again and again under four writers", () => {
  let shop: ShopDatabases;
  let node: ShopNode;
  let environment: Readonly<Record<string, string>>;
  let traders: readonly Trader[];
  const started: MillraceProcess[] = [];

  beforeAll(async () => {
    shop = await createShopDatabases({ nodes: 1, queues: primaryQueues, nodeQueues: projectorQueues });
    [node] = shop.nodes as [ShopNode];
    // Nobody listens to pushes here: a Redis that is away is as good as one that is there.
    environment = { DATABASE_URL: shop.primary.appUrl, READ_DATABASE_URLS: node.appUrl, REDIS_URL: "redis://127.0.0.1:9", JWT_SECRET: secret, LOG_LEVEL: "warn" };
    traders = Array.from({ length: writers }, () => new Trader(shop.primary.appUrl));
    await traders[0]!.stock(["ALL", ...traders.map((_trader, writer) => `W${String(writer)}`)], 1_000_000);
    await traders[0]!.register("ada");
  });

  afterAll(async () => {
    await Promise.all(started.map((process) => process.end("SIGKILL")));
    await Promise.all((traders as readonly Trader[] | undefined ?? []).map((trader) => trader.close()));
    await (shop as ShopDatabases | undefined)?.drop();
  });

  const ask = async <Row extends object>(url: string, sql: string): Promise<readonly Row[]> => withClient({ url }, async (client) => (await client.query<Row>(sql)).rows);
  const startProjector = async (): Promise<MillraceProcess> => {
    const process = await startMillrace(["projector"], environment);
    started.push(process);
    return process;
  };
  /** Of the projection that is furthest behind; 0 where there is no read table yet. */
  const foldedUpTo = async (): Promise<number> => {
    const [registry] = await ask<{ there: boolean }>(node.adminUrl, "SELECT to_regclass('read.projection') IS NOT NULL AS there");
    if (!registry?.there) return 0;
    return (await ask<{ arrival: number }>(node.adminUrl, "SELECT coalesce(min(checkpoint), 0)::int AS arrival FROM read.projection WHERE state = 'active'"))[0]!.arrival;
  };

  /**
   * Orders of every fate, so that streams get long; the SKU of all is one row that every order changes. A refund that is
   * folded twice is counted twice: its capture, which would begin the sum anew, was folded long before.
   */
  const trade = async (writer: number, goesOn: () => boolean): Promise<void> => {
    const trader = traders[writer]!;
    const kept: Sale[] = [];
    for (let nth = 0; goesOn(); nth += 1) {
      const sale = await trader.place(`w${String(writer)}-${String(nth)}`, "ada", [{ sku: "ALL", quantity: 1 }, { sku: `W${String(writer)}`, quantity: 2 }]);
      await delay(breathMs);
      if (nth % 3 === 1) await trader.deliver(sale);
      if (nth % 3 !== 2) continue;
      await trader.pay(sale);
      kept.push(sale);
      const oldest = kept.length > ordersKept ? kept.shift() : undefined;
      if (!oldest) continue;
      await trader.cancel(oldest);
      await trader.refund(oldest);
    }
  };

  /**
   * Kills it where its transaction is open, some of it is written and nothing is committed. The server does not know
   * that its client is dead: the next projector begins while the locks are still held, and the dead one's COMMIT,
   * should it have been sent already, takes effect after that.
   */
  const killInItsTransaction = async (projector: MillraceProcess): Promise<Exit> => withClient({ url: node.adminUrl }, async (client) => {
    await client.query("BEGIN");
    await client.query("SELECT FROM read.stock_level_v3 WHERE sku = 'ALL' FOR UPDATE");
    const held = await eventually("the projector waits for the row", comesAboutWithinMs, async () =>
      (await client.query<{ pid: number }>("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pg_blocking_pids(pid) @> ARRAY[pg_backend_pid()]")).rows[0]);
    const exit = await projector.end("SIGKILL");
    await startProjector();
    await client.query("ROLLBACK");
    await eventually("the server has let go of the dead one", comesAboutWithinMs, async () =>
      (await ask(node.adminUrl, `SELECT FROM pg_stat_activity WHERE pid = ${String(held.pid)}`)).length === 0);
    return exit;
  });

  const killAtAnyMoment = async (projector: MillraceProcess): Promise<Exit> => {
    const exit = await projector.end("SIGKILL");
    await startProjector();
    return exit;
  };

  /** Each projector lives until it has folded something; the last one is left alive. */
  const killRepeatedly = async (): Promise<readonly Exit[]> => {
    const exits: Exit[] = [];
    await startProjector();
    while (exits.length < kills) {
      const before = await foldedUpTo();
      await eventually("the projector goes on", comesAboutWithinMs, async () => await foldedUpTo() > before);
      const projector = started.at(-1)!;
      exits.push(await (exits.length % 2 === 0 ? killInItsTransaction(projector) : killAtAnyMoment(projector)));
    }
    return exits;
  };

  it("folds on to the end of the log", async () => {
    let goesOn = true;
    const killing = killRepeatedly().finally(() => { goesOn = false; });
    const [exits, ...trades] = await Promise.allSettled([killing, ...traders.map((_trader, writer) => trade(writer, () => goesOn))]);
    expect(trades.filter(({ status }) => status === "rejected")).toEqual([]);
    expect(exits).toEqual({ status: "fulfilled", value: Array.from({ length: kills }, () => killed) });
    const [written] = await ask<{ events: number }>(shop.primary.adminUrl, "SELECT count(*)::int AS events FROM event_log");
    const standing = "SELECT (SELECT count(*)::int FROM event_log) AS events, count(*) FILTER (WHERE checkpoint <> (SELECT max(arrival) FROM event_log))::int AS behind, count(*)::int AS projections FROM read.projection WHERE state = 'active'";
    const end = { events: written!.events, behind: 0, projections: readTables.length };
    await eventually("every checkpoint is at the end", comesAboutWithinMs, async () => JSON.stringify((await ask(node.adminUrl, standing))[0]) === JSON.stringify(end));
    expect(await started.at(-1)!.end("SIGTERM")).toEqual({ code: 0, signal: null });
    expect(await ask(node.adminUrl, standing)).toEqual([end]);
    expect(await examineProjectionLag(node, true)).toMatchObject({ verdict: "ok" });
  }, 180_000);

  it("leaves every stream on the node without a gap, in the order of its versions", async () => {
    const outOfOrder = `
      SELECT stream_id, version FROM (SELECT stream_id, version, row_number() OVER (PARTITION BY stream_id ORDER BY arrival) AS nth FROM event_log) e WHERE version <> nth`;
    expect(await ask(node.adminUrl, outOfOrder)).toEqual([]);
    const copies = await examineCopies({ primaryUrl: shop.primary.appUrl, nodes: [node], settleMs: comesAboutWithinMs, behindIsWrong: true });
    expect(copies.filter(({ verdict }) => verdict !== "ok")).toEqual([]);
    expect(copies.map(({ check }) => check)).toContain("log_copy");
  });

  it("has let each event take effect once: the rows are what a fold of the log gives", async () => {
    const findings = await examineReadRows(node, readTables);
    expect(findings.filter(({ verdict }) => verdict !== "ok")).toEqual([]);
    expect(findings.map(({ check }) => check)).toEqual(["projections", "parked_events", "log_versions", ...readTables.map(({ projection }) => `read_rows:${projection.name}`)]);
  });

  it("shows what the primary has sold, been paid and given back", async () => {
    const stock = (table: string): string => `SELECT sku, on_hand::int, reserved::int, version FROM ${table} ORDER BY sku COLLATE "C"`;
    expect(await ask(node.adminUrl, stock("read.stock_level_v3"))).toEqual(await ask(shop.primary.adminUrl, stock("stock_item")));
    const amountOf = (type: string): string => `coalesce(sum((data->>'amountMinor')::int) FILTER (WHERE type = '${type}'), 0)::int`;
    const [told] = await ask<{ orders: number; captured: number; refunded: number }>(shop.primary.adminUrl,
      `SELECT count(*) FILTER (WHERE type = 'OrderPlaced')::int AS orders, ${amountOf("PaymentCaptured")} AS captured, ${amountOf("PaymentRefunded")} AS refunded FROM event_log`);
    expect(await ask(node.adminUrl, `
      SELECT (SELECT count(*)::int FROM read.order_card_v3) AS orders, sum(captured_minor)::int AS captured, sum(refunded_minor)::int AS refunded FROM read.payment_card_v2`)).toEqual([told]);
    expect(told!.refunded).toBeGreaterThan(0);
  });
});
