import { Field, Int, ObjectType } from "type-graphql";
import type { OrderStatus } from "../../events/orders.js";
import type { ExpectedDelivery, TrackingStatus } from "../../events/shipping.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import type { ShipmentCardRow } from "../../projections/shipping/shipment-card.projection.js";
import { OrderStatusEnum } from "../orders/order.type.js";
import { ExpectedDeliveryType, TrackingStatusEnum } from "./shipment.type.js";
import { trackedVersion, type TrackedOrder } from "./tracking.rows.js";

@ObjectType("PublicScan", { simpleResolvers: true, description: "Where a parcel was, by the courier's clock." })
export class PublicScanType {
  @Field(() => TrackingStatusEnum) status!: TrackingStatus;
  @Field(() => String, { nullable: true }) city!: string | null;
  @Field(() => DateTime) occurredAt!: string;
}

@ObjectType("PublicParcel", { simpleResolvers: true, description: "A parcel as anybody may see it who has the link." })
export class PublicParcelType {
  @Field(() => TrackingStatusEnum) status!: TrackingStatus;
  @Field(() => String, { nullable: true, description: "The courier's name; null where none could take it on." }) courier!: string | null;
  @Field(() => String, { nullable: true, description: "Where it was seen last." }) city!: string | null;
  @Field(() => ExpectedDeliveryType, { nullable: true, description: "Null where nobody knows, and once it has arrived or comes back." }) expectedDelivery!: ExpectedDelivery | null;
  @Cost({ size: 10 })
  @Field(() => [PublicScanType], { description: "In the order in which it happened; the newest 200." }) history!: readonly PublicScanType[];
  @Field(() => DateTime) updatedAt!: string;
}

@ObjectType("PublicTracking", { simpleResolvers: true, description: "Where an order's parcels are, for whoever has its tracking link: nothing of who ordered what." })
export class PublicTrackingType {
  @Field(() => OrderStatusEnum) status!: OrderStatus;
  @Cost({ size: 2 })
  @Field(() => [PublicParcelType], { description: "Empty until the first is booked." }) parcels!: readonly PublicParcelType[];
  @Field(() => Int, { description: "Grows with each news: hand it to `publicTrackingUpdates` as `after`." }) version!: number;
}

export function publicTrackingType(order: TrackedOrder): PublicTrackingType {
  return { status: order.status, parcels: order.parcels.map(publicParcelType), version: trackedVersion(order) };
}

function publicParcelType({ status, courierId, history, expectedDelivery, updatedAt }: ShipmentCardRow): PublicParcelType {
  return {
    status, courier: courierId, expectedDelivery, city: history.findLast(({ city }) => city !== null)?.city ?? null,
    history: history.map(({ status, city, occurredAt }) => ({ status, city, occurredAt })), updatedAt,
  };
}
