import { defineEntity, p } from "@mikro-orm/postgresql";
import type { ParcelLine, TrackingStatus } from "../../events/shipping.js";
import { readTable } from "../../platform/projector/read-table.js";
import { shipmentCard, type TrackingScan } from "./shipment-card.projection.js";

const entity = defineEntity({
  name: "ShipmentCard",
  properties: {
    shipmentId: p.text().primary(),
    orderId: p.text().index(),
    courierId: p.text().strictNullable(),
    trackingCode: p.text().strictNullable(),
    status: p.text().$type<TrackingStatus>(),
    reason: p.text().strictNullable(),
    lines: p.json().$type<readonly ParcelLine[]>(),
    weightGrams: p.bigint("number"),
    history: p.json().$type<readonly TrackingScan[]>(),
    bookedAt: p.string().columnType("timestamptz"),
    updatedAt: p.string().columnType("timestamptz"),
    version: p.integer(),
  },
});

export const shipmentCardTable = readTable(shipmentCard, entity);
