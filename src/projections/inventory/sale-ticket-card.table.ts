import { defineEntity, p } from "@mikro-orm/postgresql";
import type { TicketFate } from "../../events/waiting-room.js";
import { readTable } from "../../platform/projector/read-table.js";
import { saleTicketCard } from "./sale-ticket-card.projection.js";

const entity = defineEntity({
  name: "SaleTicketCard",
  properties: {
    ticketId: p.text().primary(),
    saleId: p.text(),
    number: p.bigint("number"),
    fate: p.text().$type<TicketFate>(),
    changedPosition: p.bigint("number").strictNullable(),
    version: p.integer(),
  },
  indexes: [{ properties: ["saleId", "changedPosition"] }],
});

export const saleTicketCardTable = readTable(saleTicketCard, entity);
