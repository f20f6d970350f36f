import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { EntitySchema } from "@mikro-orm/core";
import { defineEntity, p } from "@mikro-orm/postgresql";
import type { WriteState } from "../../src/kernel/command.js";
import { createOrm } from "../../src/platform/postgres/orm.js";
import { withClient } from "../../src/platform/postgres/connection.js";
import { createShopDatabases, type ShopDatabases } from "../support/shop-databases.js";

/** Tables of the platform, which no context's entity stands for. */
const platformTables = ["command_answer", "event_log", "invariant_walk", "job_attempt", "millrace_migration", "webhook_inbox"];
/** Tables that jobs keep by plain SQL: nothing is decided on them. */
const jobTables = ["courier_lane", "courier_lesson", "courier_place", "courier_price", "courier_volume", "label", "news_gap", "strange_code", "stray_news"];
/** Rows of pg-boss's own tables, which it makes and changes itself. */
const jobRows = ["dead_letter"];

/** Every export of every write-state file: who adds a table need not name it here. */
async function writeStateExports(): Promise<readonly unknown[]> {
  const commands = new URL("../../src/commands/", import.meta.url);
  const files = readdirSync(commands, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".write-state.ts"));
  const modules = await Promise.all(files.map(async (file) => await import(new URL(file, commands).pathname) as object));
  return modules.flatMap((module) => Object.values(module) as unknown[]);
}

function isWriteState(value: unknown): value is WriteState<object> {
  return typeof value === "object" && value !== null && "loadSql" in value;
}

describe("a freshly migrated primary and the entities of its write state", () => {
  let shop: ShopDatabases;
  let exports: readonly unknown[];
  beforeAll(async () => {
    shop = await createShopDatabases({ nodes: 0 });
    exports = await writeStateExports();
  });
  afterAll(() => shop.drop());

  /** What MikroORM would change to make the tables like their entities; tables without an entity are left alone. */
  async function difference(entities: readonly EntitySchema[]): Promise<string> {
    const orm = await createOrm({ url: shop.primary.adminUrl, poolSize: 1, entities });
    try {
      return await orm.schema.getUpdateSchemaSQL({ wrap: false, dropTables: false });
    } finally {
      await orm.close(true);
    }
  }

  const entities = (): EntitySchema[] => exports.filter((value) => value instanceof EntitySchema);
  const states = (): WriteState<object>[] => exports.filter(isWriteState);

  it("agree: columns, types, collations, keys and checks", async () => {
    expect(await difference(entities())).toBe("");
  });

  it("cover each other: every table of the primary has an entity or is the platform's", async () => {
    const { rows } = await withClient({ url: shop.primary.adminUrl }, (client) =>
      client.query<{ name: string }>("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"));
    const written = states().filter(({ saveSql }) => saveSql !== undefined).map(({ table }) => table).filter((table) => !jobRows.includes(table));
    expect(rows.map(({ name }) => name).sort()).toEqual([...platformTables, ...jobTables, ...written].sort());
    expect(entities()).toHaveLength(written.length);
  });

  it("differ by name where one of them changes", async () => {
    const stockItem = defineEntity({
      name: "StockItem",
      properties: {
        sku: p.text().primary().collation("POSIX"), onHand: p.integer(), reserved: p.bigint("number").nullable(),
        safetyStock: p.bigint("number"),
      },
      checks: [{ name: "stock_never_oversold", expression: "0 <= reserved" }],
    });
    const sql = await difference([stockItem]);
    for (const change of [
      'add "safety_stock" bigint', 'drop column "version"', '"on_hand" type int', '"reserved" drop not null',
      '"sku" type text collate "POSIX"', "check (0 <= reserved)",
    ]) {
      expect(sql).toContain(change);
    }
    expect(sql.split("\n").filter((line) => line !== "" && !line.startsWith('alter table "stock_item"'))).toEqual([]);
  });

  it("have statements that the server can prepare", async () => {
    await withClient({ url: shop.primary.appUrl }, async (client) => {
      for (const { table, loadSql, saveSql } of states()) {
        await client.query(`PREPARE load_${table} AS ${loadSql}`);
        if (saveSql !== undefined) await client.query(`PREPARE save_${table} AS ${saveSql}`);
      }
    });
  });
});
