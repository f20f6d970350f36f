import { describe, expect, it } from "@jest/globals";
import { defineEntity, p } from "@mikro-orm/postgresql";
import { writeStateSql } from "../../src/platform/postgres/write-state-sql.js";
import { entityShape } from "../../src/platform/postgres/entity-shape.js";
import { readTable } from "../../src/platform/projector/read-table.js";
import { accountEntity, accountProjection, bankEntity } from "../projector/bank.js";

describe("the shape of an entity", () => {
  const seat = defineEntity({
    name: "Seat", tableName: "seat",
    properties: { seatId: p.text().primary(), hall: p.text().index(), takenAt: p.string().columnType("timestamptz").nullable(), price: p.bigint("number") },
    uniques: [{ properties: ["hall", "price"] }],
  });

  it("is that of its table: names, types, key and indexes", () => {
    const [seatId, hall, takenAt, price] = [
      { property: "seatId", name: "seat_id", type: "text", nullable: false }, { property: "hall", name: "hall", type: "text", nullable: false },
      { property: "takenAt", name: "taken_at", type: "timestamptz", nullable: true }, { property: "price", name: "price", type: "bigint", nullable: false },
    ];
    expect(entityShape(seat)).toEqual({
      table: "seat", key: seatId, columns: [seatId, hall, takenAt, price],
      indexes: [{ columns: ["hall"], unique: false }, { columns: ["hall", "price"], unique: true }],
    });
  });

  it("is the one that read tables and write state are made of", () => {
    const { columns, key, indexes } = entityShape(accountEntity);
    expect(readTable(accountProjection(), accountEntity)).toMatchObject({ columns, key, indexes });
    expect(writeStateSql(seat).loadSql).toContain('"price"::float8 AS "price"');
  });

  it("has one key of type text, the one that the projection names", () => {
    const numbered = defineEntity({ name: "Numbered", tableName: "numbered", properties: { id: p.integer().primary() } });
    expect(() => entityShape(numbered)).toThrow("the table numbered needs one primary key, of type text");
    expect(() => readTable(accountProjection(), bankEntity as never)).toThrow('the table of account needs "account" as its primary key');
  });
});
