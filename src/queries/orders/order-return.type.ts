import { Field, ID, Int, ObjectType } from "type-graphql";
import { moneyType, MoneyType } from "../../platform/graphql/money.type.js";
import { defineId } from "../../platform/graphql/opaque-id.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";
import type { OrderCardReturn } from "../../projections/orders/order-card.projection.js";

const returnIds = defineId("return");

type ReturnState = "REQUESTED" | "INSPECTED";

const ReturnStateEnum = wordEnum<ReturnState>("ReturnState", {
  REQUESTED: "It is on its way, or waits to be looked at.", INSPECTED: "It came, and what is accepted is refunded.",
});

@ObjectType("ReturnedLine", { simpleResolvers: true, description: "One product of a return." })
class ReturnedLineType {
  @Field(() => String) sku!: string;
  @Field(() => Int, { description: "Units that the buyer announced." }) quantity!: number;
  @Field(() => Int, { description: "Good: stock again, and refunded." }) restocked!: number;
  @Field(() => Int, { description: "Not fit for sale, and refunded." }) scrapped!: number;
  @Field(() => Int, { description: "Not refunded: they went back to the buyer." }) refused!: number;
}

@ObjectType("OrderReturn", { simpleResolvers: true, description: "Something of an order that the buyer sends back." })
export class OrderReturnType {
  @Field(() => ID) id!: string;
  @Field(() => ReturnStateEnum) state!: ReturnState;
  @Field(() => String) reason!: string;
  @Field(() => [ReturnedLineType], { description: "Counts of 0 until it was inspected." }) lines!: readonly ReturnedLineType[];
  @Field(() => MoneyType, { description: "What the buyer gets back for it." }) refund!: MoneyType;
  @Field(() => DateTime) requestedAt!: string;
  @Field(() => DateTime, { nullable: true }) inspectedAt!: string | null;
}

export function orderReturnType({ returnId, reason, lines, inspected, revertedMinor, requestedAt, inspectedAt }: OrderCardReturn, currency: string): OrderReturnType {
  return {
    id: returnIds.encode(returnId), state: inspected ? "INSPECTED" : "REQUESTED", reason, refund: moneyType(revertedMinor, currency), requestedAt, inspectedAt,
    lines: lines.map(({ sku, quantity }) => {
      const { restocked = 0, scrapped = 0, refused = 0 } = inspected?.find((line) => line.sku === sku) ?? {};
      return { sku, quantity, restocked, scrapped, refused };
    }),
  };
}
