import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import pg from "pg";
import { defineEntity, p } from "@mikro-orm/postgresql";
import { productState } from "../../src/commands/catalog/product.write-state.js";
import { personalState, type PersonalRow } from "../../src/commands/customers/personal.write-state.js";
import { stockItemState } from "../../src/commands/inventory/stock-item.write-state.js";
import { trackingCodeState } from "../../src/commands/shipping/shipment/tracking-code.write-state.js";
import type { WriteState } from "../../src/kernel/command.js";
import { writeStateSql } from "../../src/platform/postgres/write-state-sql.js";
import { createShopDatabases, type ShopDatabases } from "../support/shop-databases.js";

describe("the statements of write-state tables", () => {
  let shop: ShopDatabases;
  let client: pg.Client;
  beforeAll(async () => {
    shop = await createShopDatabases({ nodes: 0 });
    client = new pg.Client({ connectionString: shop.primary.appUrl });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await shop.drop();
  });

  const save = <Row extends object>(state: WriteState<Row>, ...rows: readonly Row[]): Promise<unknown> =>
    client.query(state.saveSql ?? "", [JSON.stringify(rows)]);
  const load = async <Row extends object>(state: WriteState<Row>, ...keys: readonly string[]): Promise<unknown[]> =>
    (await client.query<Row>(state.loadSql, [keys])).rows;

  const ada: PersonalRow = {
    id: "c1", name: "Ada", email: "ada@example.org", phone: null, updatedAt: "2026-03-29T01:30:00.007Z",
    address: { street: "1 Mill Lane", city: "Riverside", postalCode: "12345", country: "DE" },
  };

  it("give rows back as they were written: numbers beyond 32 bits, objects, nothing, times in UTC whatever the zone", async () => {
    const product = { sku: "A", name: "Cup", priceMinor: 5_000_000_000, currency: "EUR", weightGrams: 300, taxBasisPoints: 1_900, sizeMm: [90, 80, 80] as const };
    await client.query("SET TimeZone = 'Asia/Kathmandu'");
    await save(productState, product);
    await save(personalState, ada);
    expect(await load(productState, "A", "unknown")).toEqual([product]);
    expect(await load(personalState, "c1")).toEqual([ada]);
  });

  it("change what is there and add what is not, and lock in the order of the keys", async () => {
    const quiet = { lowAt: null, told: "plenty", tracked: false } as const;
    const [low, high] = [{ sku: "B1", onHand: 7, reserved: 2, version: 1, ...quiet }, { sku: "a1", onHand: 1, reserved: 0, version: 1, ...quiet }];
    await save(stockItemState, high, low);
    await save(stockItemState, { ...low, reserved: 3, version: 2 });
    expect(await load(stockItemState, "a1", "B1")).toEqual([{ ...low, reserved: 3, version: 2 }, high]);
    expect(stockItemState.loadSql).toMatch(/ORDER BY "sku" COLLATE "C" FOR UPDATE$/);
    expect(productState.loadSql).not.toMatch(/FOR UPDATE/);
  });

  it("give a row that is there to whoever writes last", async () => {
    await save(trackingCodeState, { code: "dhl/1", shipmentId: "s1", orderId: "o1" });
    await save(trackingCodeState, { code: "dhl/1", shipmentId: "s2", orderId: "o2" });
    expect(await load(trackingCodeState, "dhl/1")).toEqual([{ code: "dhl/1", shipmentId: "s2", orderId: "o2" }]);
  });

  it("erase rows beside others that change", async () => {
    await save(personalState, ada, { ...ada, id: "c2" });
    await save(personalState, { id: "c1", erased: true }, { ...ada, id: "c2", phone: "112" }, { id: "c3", erased: true });
    expect(await load(personalState, "c1", "c2", "c3")).toEqual([{ ...ada, id: "c2", phone: "112" }]);
  });

  it("are refused to a table whose key is not one text", () => {
    const entity = defineEntity({ name: "Seat", properties: { row: p.integer().primary(), seat: p.integer().primary() } });
    expect(() => writeStateSql(entity)).toThrow("the table seat needs one primary key, of type text");
  });
});
