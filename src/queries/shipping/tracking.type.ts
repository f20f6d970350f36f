import { Field, ID, Int, ObjectType } from "type-graphql";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import type { ShipmentCardRow } from "../../projections/shipping/shipment-card.projection.js";
import { orderIds } from "../orders/order.type.js";
import { shipmentType, ShipmentType } from "./shipment.type.js";

@ObjectType("Tracking", { simpleResolvers: true, description: "Where an order's parcels are." })
export class TrackingType {
  @Field(() => ID) orderId!: string;
  @Cost({ size: 2 })
  @Field(() => [ShipmentType], { description: "Empty until the first parcel is booked." }) shipments!: readonly ShipmentType[];
  @Field(() => Int, { description: "Grows with each news: hand it to `trackingUpdates` as `after`." }) version!: number;
}

/** Each parcel's version only grows and none ever goes away, so their sum grows with each news of any of them. */
export function trackingType(orderId: string, rows: readonly ShipmentCardRow[]): TrackingType {
  return {
    orderId: orderIds.encode(orderId), shipments: rows.map(shipmentType),
    version: rows.reduce((sum, { version }) => sum + version, 0),
  };
}
