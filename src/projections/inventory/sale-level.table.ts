import { defineEntity, p } from "@mikro-orm/postgresql";
import { readTable } from "../../platform/projector/read-table.js";
import { saleLevel } from "./sale-level.projection.js";

const entity = defineEntity({
  name: "SaleLevel",
  properties: {
    saleId: p.text().primary(),
    leftUnits: p.bigint("number"),
    held: p.bigint("number"),
    sold: p.bigint("number"),
    updatedAt: p.string().columnType("timestamptz"),
    version: p.integer(),
  },
});

export const saleLevelTable = readTable(saleLevel, entity);
