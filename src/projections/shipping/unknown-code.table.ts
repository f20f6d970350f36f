import { defineEntity, p } from "@mikro-orm/postgresql";
import { readTable } from "../../platform/projector/read-table.js";
import { unknownCode } from "./unknown-code.projection.js";

const entity = defineEntity({
  name: "UnknownCode",
  properties: {
    code: p.text().primary(),
    courierId: p.text(),
    rawCode: p.text(),
    times: p.bigint("number"),
    firstSeenAt: p.string().columnType("timestamptz"),
    lastSeenAt: p.string().columnType("timestamptz"),
    shipmentId: p.text(),
    orderId: p.text(),
  },
});

export const unknownCodeTable = readTable(unknownCode, entity);
