import { defineEntity, p } from "@mikro-orm/postgresql";
import { readTable } from "../../platform/projector/read-table.js";
import { orderFact, type OrderFactLine } from "./order-fact.projection.js";

const entity = defineEntity({
  name: "OrderFact",
  properties: {
    orderId: p.text().primary(),
    hour: p.string().columnType("timestamptz"),
    currency: p.text(),
    totalMinor: p.bigint("number"),
    revertedMinor: p.bigint("number"),
    cancelled: p.boolean(),
    lines: p.json().$type<readonly OrderFactLine[]>(),
  },
});

export const orderFactTable = readTable(orderFact, entity);
