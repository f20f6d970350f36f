import { Field, Int, ObjectType } from "type-graphql";
import { DateTime } from "../../platform/graphql/scalars.js";
import type { StockLevelRow } from "../../projections/inventory/stock-level.projection.js";

@ObjectType("StockLevel", { simpleResolvers: true, description: "How much of a product there is." })
export class StockLevelType {
  @Field(() => String) sku!: string;
  @Field(() => Int, { description: "Units that can be ordered now." }) available!: number;
  @Field(() => Int, { description: "Units in the house, set aside or not." }) onHand!: number;
  @Field(() => Int, { description: "Units set aside for orders, reservations and sales." }) reserved!: number;
  @Field(() => Int, { nullable: true, description: "From how many available units on it counts as running low; null tells nobody. A new threshold does not grow `version`." }) lowAt!: number | null;
  @Field(() => Int, { description: "Grows with each change: hand it to `stockUpdates` as `after`." }) version!: number;
  @Field(() => DateTime, { nullable: true, description: "Null where nothing ever came in." }) updatedAt!: string | null;
}

export function stockLevelType({ sku, onHand, reserved, lowAt, version, updatedAt }: StockLevelRow): StockLevelType {
  return { sku, available: onHand - reserved, onHand, reserved, lowAt, version, updatedAt };
}

/** A product of which nothing has come in yet. */
export function noStock(sku: string): StockLevelType {
  return { sku, available: 0, onHand: 0, reserved: 0, lowAt: null, version: 0, updatedAt: null };
}
