import { defineEntity, p } from "@mikro-orm/postgresql";
import type { ExpectedDelivery, ParcelLine, ShipmentReturnStarted, TrackingStatus } from "../../events/shipping.js";
import { readTable } from "../../platform/projector/read-table.js";
import { shipmentCard, type TrackingScan } from "./shipment-card.projection.js";

const entity = defineEntity({
  name: "ShipmentCard",
  properties: {
    shipmentId: p.text().primary(),
    orderId: p.text().index(),
    courierId: p.text().strictNullable(),
    trackingCode: p.text().strictNullable(),
    service: p.text().strictNullable(),
    priceMinor: p.bigint("number").strictNullable(),
    status: p.text().$type<TrackingStatus>(),
    reason: p.text().strictNullable(),
    lines: p.json().$type<readonly ParcelLine[]>(),
    weightGrams: p.bigint("number"),
    history: p.json().$type<readonly TrackingScan[]>(),
    expectedDelivery: p.json().$type<ExpectedDelivery | null>().strictNullable(),
    handOverBy: p.string().columnType("timestamptz").strictNullable(),
    handedOverAt: p.string().columnType("timestamptz").strictNullable(),
    unscannedSince: p.string().columnType("timestamptz").strictNullable().index(),
    labelKept: p.boolean(),
    lostAt: p.string().columnType("timestamptz").strictNullable(),
    returnCause: p.text().$type<ShipmentReturnStarted["cause"] | null>().strictNullable(),
    bookedAt: p.string().columnType("timestamptz"),
    updatedAt: p.string().columnType("timestamptz"),
    version: p.integer(),
  },
});

export const shipmentCardTable = readTable(shipmentCard, entity);
