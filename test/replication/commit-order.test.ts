import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type pg from "pg";
import { createPool } from "../../src/platform/postgres/connection.js";
import { createShopDatabases, type ShopDatabases } from "../support/shop-databases.js";
import { append, arrivedRows, caughtUp, firstGap, load, primaryRows, type ArrivedRow } from "./log-rows.js";
import { until } from "./until.js";

describe("arrivals on a read node", () => {
  let shop: ShopDatabases;
  let primary: pg.Pool;
  let node: pg.Pool;

  beforeAll(async () => {
    shop = await createShopDatabases({ nodes: 1 });
    primary = createPool({ url: shop.primary.appUrl, poolSize: 12 });
    node = createPool({ url: shop.nodes[0]?.appUrl ?? "", poolSize: 2 });
  });
  afterAll(async () => {
    await Promise.all([primary.end(), node.end()]);
    await shop.drop();
  });

  it("are numbered in commit order, whatever the positions", async () => {
    const writers = await Promise.all(Array.from({ length: 8 }, () => primary.connect()));
    for (let round = 0; round < 20; round += 1) {
      for (const [index, writer] of writers.entries()) {
        await writer.query("BEGIN");
        await append(writer, `order-w${String(index)}`, round + 1);
      }
      for (const writer of writers.toReversed()) await writer.query("COMMIT");
    }
    for (const writer of writers) writer.release();
    await caughtUp(node, primary);
    const rows = await arrivedRows(node);
    expect(rows.map(({ stream_id }) => stream_id).slice(0, 8)).toEqual([7, 6, 5, 4, 3, 2, 1, 0].map((index) => `order-w${String(index)}`));
    expect(firstGap(rows)).toBeUndefined();
  });

  it("are never missed by a reader that asks for those above its checkpoint", async () => {
    let checkpoint = (await arrivedRows(node)).at(-1)?.arrival ?? "0";
    const first = (await primaryRows(primary)).length;
    const read: ArrivedRow[] = [];
    const readOn = async (): Promise<void> => {
      const { rows } = await node.query<ArrivedRow>(
        "SELECT position::text, stream_id, version, arrival::text FROM event_log WHERE arrival > $1 ORDER BY event_log.arrival LIMIT 50", [checkpoint]);
      read.push(...rows);
      checkpoint = rows.at(-1)?.arrival ?? checkpoint;
    };
    const writing = load(primary, 8, 20);
    await until("1,500 events were read while they were written", async () => { await readOn(); return read.length > 1_500; });
    await writing.stop();
    const written = (await primaryRows(primary)).slice(first);
    await until("the reader has as many as were written", async () => { await readOn(); return read.length >= written.length; });
    expect(new Set(read.map(({ position }) => position))).toEqual(new Set(written.map(({ position }) => position)));
    expect(firstGap(read)).toBeUndefined();
  });

  it("wake a listener once a transaction", async () => {
    const listener = await node.connect();
    let heard = 0;
    listener.on("notification", ({ channel }) => { if (channel === "millrace_log") heard += 1; });
    await listener.query("LISTEN millrace_log");
    await append(primary, "order-heard", 1, 5);
    await until("the listener heard", () => Promise.resolve(heard > 0));
    await append(primary, "order-heard", 6, 5);
    await until("the listener heard again", () => Promise.resolve(heard > 1));
    expect(heard).toBe(2);
    listener.release(true);
  });
});
