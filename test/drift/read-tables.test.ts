import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { readTables } from "../../src/cli/projections.js";
import { withClient } from "../../src/platform/postgres/connection.js";
import type { ReadTable } from "../../src/platform/projector/read-table.js";
import { ensureBuilds } from "../../src/platform/projector/registry.js";
import { createShopDatabases, type ShopDatabases } from "../support/shop-databases.js";

interface Shape {
  readonly columns: readonly string[];
  readonly indexes: readonly string[];
}

const columnsSql = `SELECT format('%s %s%s', attname, format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN ' NOT NULL' END) AS line
  FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`;
const indexesSql = `SELECT format('%s(%s)', CASE WHEN indisprimary THEN 'primary' WHEN indisunique THEN 'unique' END,
    (SELECT string_agg(attname, ', ' ORDER BY place) FROM unnest(indkey) WITH ORDINALITY AS k (number, place) JOIN pg_attribute ON attrelid = indrelid AND attnum = number)) AS line
  FROM pg_index WHERE indrelid = $1::regclass`;
/** The type's one true name: an entity may say `int` where the catalog says `integer`. */
const typesSql = "SELECT format_type(t::regtype, NULL) AS line FROM unnest($1::text[]) WITH ORDINALITY AS u (t, place) ORDER BY place";

describe("the read tables that a node makes", () => {
  let shop: ShopDatabases;
  beforeAll(async () => {
    shop = await createShopDatabases({ nodes: 1, connect: false });
    await withClient({ url: shop.nodes[0]!.adminUrl }, (client) => ensureBuilds(client, readTables));
  });
  afterAll(() => shop.drop());

  async function lines(sql: string, value: unknown): Promise<string[]> {
    const { rows } = await withClient({ url: shop.nodes[0]!.adminUrl }, (client) => client.query<{ line: string }>(sql, [value]));
    return rows.map(({ line }) => line);
  }

  async function found({ projection: { name, version } }: ReadTable): Promise<Shape> {
    const relation = `read.${name}_v${String(version)}`;
    return { columns: await lines(columnsSql, relation), indexes: (await lines(indexesSql, relation)).sort() };
  }

  async function expected({ columns, key, indexes }: ReadTable): Promise<Shape> {
    const types = await lines(typesSql, columns.map(({ type }) => type));
    return {
      columns: columns.map(({ name, nullable }, place) => `${name} ${types[place] ?? ""}${nullable ? "" : " NOT NULL"}`),
      indexes: [`primary(${key.name})`, ...indexes.map(({ columns: parts, unique }) => `${unique ? "unique" : ""}(${parts.join(", ")})`)].sort(),
    };
  }

  it.each(readTables.map((table) => [table.projection.name, table] as const))("are as their entities say: %s", async (_name, table) => {
    expect(await found(table)).toEqual(await expected(table));
  });
});
