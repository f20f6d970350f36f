import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { clientConfig, createPipelinedClient, createPool } from "../../src/platform/postgres/connection.js";
import { createOrm } from "../../src/platform/postgres/orm.js";
import { createShopDatabases, type ShopDatabases } from "../support/shop-databases.js";

const settingsQuery = `SELECT current_setting('lock_timeout') AS lock, current_setting('statement_timeout') AS statement,
  current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('application_name') AS name, current_setting('jit') AS jit`;

describe("a connection", () => {
  let shop: ShopDatabases;
  beforeAll(async () => { shop = await createShopDatabases({ nodes: 0 }); });
  afterAll(() => shop.drop());
  const settings = (): { url: string; applicationName: string; lockTimeoutMs: number; statementTimeoutMs: number; idleInTransactionTimeoutMs: number; serverSettings: { jit: string }; poolSize: number } => ({
    url: shop.primary.appUrl, applicationName: "millrace test", lockTimeoutMs: 1_500, statementTimeoutMs: 2_500, idleInTransactionTimeoutMs: 3_500, serverSettings: { jit: "off" }, poolSize: 2,
  });
  const expected = [{ lock: "1500ms", statement: "2500ms", idle: "3500ms", name: "millrace test", jit: "off" }];

  it("of a pool has its limits from the start", async () => {
    const pool = createPool(settings());
    expect((await pool.query(settingsQuery)).rows).toEqual(expected);
    await pool.end();
  });

  it("of an ORM has them too", async () => {
    const orm = await createOrm({ ...settings(), entities: [] });
    expect(await orm.em.execute(settingsQuery)).toEqual(expected);
    await orm.close();
  });

  it("that is pipelined answers a whole step in order, and fails only what failed", async () => {
    const client = createPipelinedClient(clientConfig(settings()), () => undefined);
    await client.connect();
    const results = await Promise.allSettled([
      client.query("SELECT 1 AS n"), client.query({ name: "two", text: "SELECT $1::int AS n", values: [2] }), client.query("SELECT 1 / 0"), client.query("SELECT 3 AS n"),
    ]);
    expect(results.map((result) => result.status === "fulfilled" ? (result.value.rows[0] as { n: number }).n : "failed")).toEqual([1, 2, "failed", 3]);
    expect((await client.query(settingsQuery)).rows).toEqual(expected);
    await client.end();
  });

  it("that is cut while idle is replaced, and its owner told", async () => {
    const errors: Error[] = [];
    const pool = createPool(settings(), (error) => errors.push(error));
    const { rows } = await pool.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    const other = createPool({ url: shop.primary.adminUrl, poolSize: 1 });
    await other.query("SELECT pg_terminate_backend($1, 5000)", [rows[0]?.pid]);
    await other.end();
    expect((await pool.query("SELECT 1 AS n").catch(() => pool.query("SELECT 1 AS n"))).rows).toEqual([{ n: 1 }]);
    await pool.end();
    expect(errors.length).toBeGreaterThan(0);
  });
});
