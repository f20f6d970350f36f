import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { withClient } from "../../src/platform/postgres/connection.js";
import { createShopDatabases, type ShopDatabases } from "../support/shop-databases.js";

const denied = { code: "42501" };

describe("the application's role", () => {
  let shop: ShopDatabases;
  beforeAll(async () => { shop = await createShopDatabases({ nodes: 1 }); });
  afterAll(() => shop.drop());
  const onPrimary = (sql: string): Promise<unknown> => withClient({ url: shop.primary.appUrl }, async (app) => (await app.query(sql)).rows);
  const onNode = (sql: string): Promise<unknown> => withClient({ url: shop.nodes[0]?.appUrl ?? "" }, async (app) => (await app.query(sql)).rows);

  it("is no superuser and passes by nothing", async () => {
    expect(await onPrimary("SELECT rolsuper, rolbypassrls, rolreplication, rolcreaterole FROM pg_roles WHERE rolname = current_user"))
      .toEqual([{ rolsuper: false, rolbypassrls: false, rolreplication: false, rolcreaterole: false }]);
  });

  it.each([
    "UPDATE event_log SET type = 'x'", "DELETE FROM event_log", "TRUNCATE event_log", "DROP TABLE event_log", "ALTER TABLE event_log ADD COLUMN x int",
    "UPDATE command_answer SET answer = '{}'", "UPDATE webhook_inbox SET body = ''", "UPDATE job_attempt SET outcome = 'x'",
    "DELETE FROM millrace_migration", "ALTER PUBLICATION millrace_log SET (publish = 'update')", "CREATE TABLE public.mine (id int)",
  ])("may not: %s", async (sql) => {
    await expect(onPrimary(sql)).rejects.toMatchObject(denied);
  });

  it.each([
    "UPDATE stock_item SET reserved = 0 WHERE sku = 'x'", "DELETE FROM command_answer WHERE false", "DELETE FROM webhook_inbox WHERE false",
    "DELETE FROM personal WHERE false", "DELETE FROM pgboss.job WHERE false",
  ])("may: %s", async (sql) => {
    expect(await onPrimary(sql)).toEqual([]);
  });

  it.each([
    "INSERT INTO event_log OVERRIDING SYSTEM VALUE SELECT * FROM event_log", "DELETE FROM event_log", "UPDATE personal SET name = ''", "UPDATE node_identity SET bootstrap_arrival = 0",
    "TRUNCATE job_attempt", "UPDATE job_attempt SET outcome = 'x'", "CREATE TABLE public.mine (id int)",
  ])("may not on a node: %s", async (sql) => {
    await expect(onNode(sql)).rejects.toMatchObject(denied);
  });

  it("may remove old attempts on a node", async () => {
    expect(await onNode("DELETE FROM job_attempt WHERE ended_at < now() - interval '30 days'")).toEqual([]);
  });

  it("owns the read tables of a node", async () => {
    await onNode("CREATE TABLE read.card (id int); CREATE MATERIALIZED VIEW read.cards AS SELECT count(*) FROM read.card; DROP TABLE read.card CASCADE");
  });
});
