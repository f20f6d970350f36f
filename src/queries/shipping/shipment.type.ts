import { Field, ID, Int, ObjectType } from "type-graphql";
import type { TrackingStatus } from "../../events/shipping.js";
import { defineId } from "../../platform/graphql/opaque-id.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import type { ShipmentCardRow } from "../../projections/shipping/shipment-card.projection.js";

const shipmentIds = defineId("shipment");

export const TrackingStatusEnum = wordEnum<TrackingStatus>("TrackingStatus", {
  unknown: null, pre_transit: "There is a label; the courier has not scanned the parcel yet.", in_transit: null, out_for_delivery: null, delivered: null,
  available_for_pickup: null, return_to_sender: null, failure: null, cancelled: null, error: "No courier could take it on.",
});

@ObjectType("ParcelLine", { simpleResolvers: true })
export class ParcelLineType {
  @Field(() => String) sku!: string;
  @Field(() => Int) quantity!: number;
}

@ObjectType("TrackingScan", { simpleResolvers: true, description: "What a courier said of a parcel, by the courier's clock." })
export class TrackingScanType {
  @Field(() => TrackingStatusEnum) status!: TrackingStatus;
  @Field(() => String, { nullable: true }) reasonCode!: string | null;
  @Field(() => String, { description: "The courier's code as it came." }) rawCode!: string;
  @Field(() => String, { nullable: true }) city!: string | null;
  @Field(() => DateTime) occurredAt!: string;
}

@ObjectType("Shipment", { simpleResolvers: true, description: "One parcel of an order." })
export class ShipmentType {
  @Field(() => ID) id!: string;
  @Field(() => String, { nullable: true, description: "Null where no courier could take it on." }) courier!: string | null;
  @Field(() => String, { nullable: true }) trackingCode!: string | null;
  @Field(() => TrackingStatusEnum) status!: TrackingStatus;
  @Field(() => String, { nullable: true, description: "Why it was called off or could not be sent." }) reason!: string | null;
  @Cost({ size: 3 }) @Field(() => [ParcelLineType]) lines!: readonly ParcelLineType[];
  @Field(() => Int) weightGrams!: number;
  @Field(() => [TrackingScanType], { description: "In the order in which it happened; the newest 200." }) history!: readonly TrackingScanType[];
  @Field(() => DateTime) bookedAt!: string;
  @Field(() => DateTime) updatedAt!: string;
}

export function shipmentType({ shipmentId, courierId, ...row }: ShipmentCardRow): ShipmentType {
  return { ...row, id: shipmentIds.encode(shipmentId), courier: courierId };
}
