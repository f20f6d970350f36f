import { defineEntity, p } from "@mikro-orm/postgresql";
import { readTable } from "../../platform/projector/read-table.js";
import { stockLevel } from "./stock-level.projection.js";

const entity = defineEntity({
  name: "StockLevel",
  properties: {
    sku: p.text().primary(),
    onHand: p.bigint("number"),
    reserved: p.bigint("number"),
    lowAt: p.bigint("number").strictNullable(),
    lowAtPosition: p.bigint("number"),
    updatedAt: p.string().columnType("timestamptz").strictNullable(),
    version: p.integer(),
  },
});

export const stockLevelTable = readTable(stockLevel, entity);
