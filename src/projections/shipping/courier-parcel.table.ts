import { defineEntity, p } from "@mikro-orm/postgresql";
import { readTable } from "../../platform/projector/read-table.js";
import { courierParcel } from "./courier-parcel.projection.js";

const entity = defineEntity({
  name: "CourierParcel",
  properties: {
    parcel: p.text().primary(),
    courierId: p.text(),
    service: p.text(),
    region: p.text(),
    week: p.string().columnType("timestamptz"),
    failureCode: p.text().strictNullable(),
    bookedAt: p.string().columnType("timestamptz").strictNullable(),
    handOverBy: p.string().columnType("timestamptz").strictNullable(),
    priceMinor: p.bigint("number").strictNullable(),
    dueAt: p.string().columnType("timestamptz").strictNullable(),
    deliveredAt: p.string().columnType("timestamptz").strictNullable(),
    returned: p.boolean(),
    lost: p.boolean(),
    calledOff: p.boolean(),
  },
});

export const courierParcelTable = readTable(courierParcel, entity);
