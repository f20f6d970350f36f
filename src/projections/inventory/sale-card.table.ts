import { defineEntity, p } from "@mikro-orm/postgresql";
import type { WaitingRoomRules } from "../../events/sales.js";
import { readTable } from "../../platform/projector/read-table.js";
import { saleCard, type SaleCardRow } from "./sale-card.projection.js";

const entity = defineEntity({
  name: "SaleCard",
  properties: {
    saleId: p.text().primary(),
    sku: p.text(),
    priceMinor: p.bigint("number"),
    currency: p.text(),
    allocation: p.bigint("number"),
    startsAt: p.string().columnType("timestamptz"),
    endsAt: p.string().columnType("timestamptz"),
    limitPerCustomer: p.bigint("number").strictNullable(),
    holdSeconds: p.integer(),
    waitingRoom: p.json().$type<WaitingRoomRules>().strictNullable(),
    endReason: p.text().$type<NonNullable<SaleCardRow["endReason"]>>().strictNullable(),
    version: p.integer(),
  },
  // The first for the pages of `sales`, the others for what is on: of all products, and of one.
  indexes: [{ properties: ["startsAt", "saleId"] }, { properties: ["endReason", "endsAt"] }, { properties: ["sku", "startsAt"] }],
});

export const saleCardTable = readTable(saleCard, entity);
