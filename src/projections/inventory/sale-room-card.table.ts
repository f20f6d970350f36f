import { defineEntity, p } from "@mikro-orm/postgresql";
import type { AdmissionStep, RoomState } from "../../events/waiting-room.js";
import { readTable } from "../../platform/projector/read-table.js";
import { saleRoomCard } from "./sale-room-card.projection.js";

const entity = defineEntity({
  name: "SaleRoomCard",
  properties: {
    saleId: p.text().primary(),
    startsAt: p.string().columnType("timestamptz"),
    endsAt: p.string().columnType("timestamptz"),
    state: p.text().$type<RoomState>(),
    admitted: p.bigint("number"),
    steps: p.json().$type<readonly AdmissionStep[]>(),
    pace: p.double().$type<number>(),
    version: p.integer(),
  },
});

export const saleRoomCardTable = readTable(saleRoomCard, entity);
