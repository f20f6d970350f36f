import { defineEntity, p } from "@mikro-orm/postgresql";
import type { ReservationStatus, ReservedLine } from "../../events/reservations.js";
import { readTable } from "../../platform/projector/read-table.js";
import { reservationCard } from "./reservation-card.projection.js";

const entity = defineEntity({
  name: "ReservationCard",
  properties: {
    reservationId: p.text().primary(),
    buyer: p.text(),
    lines: p.json().$type<readonly ReservedLine[]>(),
    status: p.text().$type<ReservationStatus>(),
    expiresAt: p.string().columnType("timestamptz"),
    orderId: p.text().strictNullable(),
    madeAt: p.string().columnType("timestamptz"),
    updatedAt: p.string().columnType("timestamptz"),
    version: p.integer(),
  },
});

export const reservationCardTable = readTable(reservationCard, entity);
