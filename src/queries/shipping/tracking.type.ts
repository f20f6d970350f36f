import { Field, ID, Int, ObjectType } from "type-graphql";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import type { ShipmentCardRow } from "../../projections/shipping/shipment-card.projection.js";
import { orderIds } from "../orders/order.type.js";
import { shipmentType, ShipmentType } from "./shipment.type.js";
import { parcelsVersion } from "./tracking.rows.js";

@ObjectType("Tracking", { simpleResolvers: true, description: "Where an order's parcels are." })
export class TrackingType {
  @Field(() => ID) orderId!: string;
  @Cost({ size: 2 })
  @Field(() => [ShipmentType], { description: "Empty until the first parcel is booked." }) shipments!: readonly ShipmentType[];
  @Field(() => Int, { description: "Grows with each news: hand it to `trackingUpdates` as `after`." }) version!: number;
}

export function trackingType(orderId: string, rows: readonly ShipmentCardRow[]): TrackingType {
  return {
    orderId: orderIds.encode(orderId), shipments: rows.map(shipmentType), version: parcelsVersion(rows),
  };
}
