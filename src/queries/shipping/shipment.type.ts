import { Field, ID, Int, ObjectType } from "type-graphql";
import type { ExpectedDelivery, TrackingStatus } from "../../events/shipping.js";
import { defineId } from "../../platform/graphql/opaque-id.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import type { ShipmentCardRow } from "../../projections/shipping/shipment-card.projection.js";

export const shipmentIds = defineId("shipment");

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

@ObjectType("ExpectedDelivery", { simpleResolvers: true, description: "When a parcel is expected, from what its way usually takes." })
export class ExpectedDeliveryType implements ExpectedDelivery {
  @Field(() => DateTime, { description: "One in ten comes earlier." }) earliest!: string;
  @Field(() => DateTime) likely!: string;
  @Field(() => DateTime, { description: "One in ten comes later." }) latest!: string;
}

@ObjectType("Shipment", { simpleResolvers: true, description: "One parcel of an order." })
export class ShipmentType {
  @Field(() => ID) id!: string;
  @Field(() => String, { nullable: true, description: "Null where no courier could take it on." }) courier!: string | null;
  @Field(() => String, { nullable: true, description: "The courier's word; null for its usual one." }) service!: string | null;
  @Field(() => String, { nullable: true }) trackingCode!: string | null;
  @Field(() => TrackingStatusEnum) status!: TrackingStatus;
  @Field(() => String, { nullable: true, description: "Why it was called off or could not be sent." }) reason!: string | null;
  @Cost({ size: 3 }) @Field(() => [ParcelLineType]) lines!: readonly ParcelLineType[];
  @Field(() => Int) weightGrams!: number;
  @Field(() => [TrackingScanType], { description: "In the order in which it happened; the newest 200." }) history!: readonly TrackingScanType[];
  @Field(() => ExpectedDeliveryType, { nullable: true, description: "Null where nobody knows, and once it has arrived or comes back." }) expectedDelivery!: ExpectedDelivery | null;
  @Field(() => DateTime, { nullable: true, description: "When the courier picks it up at the latest." }) handOverBy!: string | null;
  @Field(() => DateTime, { nullable: true, description: "When it was given to the courier, as we say." }) handedOverAt!: string | null;
  @Field(() => DateTime, { nullable: true, description: "Nothing was heard of it for so long that it is taken for lost; null again once it is found." }) lostAt!: string | null;
  @Field(() => Boolean, { description: "It is on its way back, or has come." }) returning!: boolean;
  @Field(() => DateTime) bookedAt!: string;
  @Field(() => DateTime) updatedAt!: string;
  row!: ShipmentCardRow;
}

export function shipmentType(row: ShipmentCardRow): ShipmentType {
  const { shipmentId, courierId, returnCause, ...shown } = row;
  return { ...shown, id: shipmentIds.encode(shipmentId), courier: courierId, returning: returnCause !== null, row };
}
