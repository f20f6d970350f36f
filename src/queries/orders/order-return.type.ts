import { Field, ID, Int, ObjectType } from "type-graphql";
import type { ReturnCause } from "../../events/order-returns.js";
import { moneyType, MoneyType } from "../../platform/graphql/money.type.js";
import { defineId } from "../../platform/graphql/opaque-id.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";
import type { OrderCardReturn } from "../../projections/orders/order-card.projection.js";

const returnIds = defineId("return");

type ReturnState = "REQUESTED" | "ARRIVED" | "INSPECTED";

const ReturnStateEnum = wordEnum<ReturnState>("ReturnState", {
  REQUESTED: "It is on its way, or waits to be looked at.", ARRIVED: "The courier brought it back; it waits to be looked at.",
  INSPECTED: "It came, and what is accepted is refunded.",
});

const ReturnCauseEnum = wordEnum<Uppercase<ReturnCause>>("ReturnCause", {
  COURIER: "The courier sends it back.", FAILURES: "Delivering it failed too often.",
  LEFT_AFTER_CANCELLATION: "It left after it had been called off; the buyer has his money already.",
});

@ObjectType("ReturnedLine", { simpleResolvers: true, description: "One product of a return." })
class ReturnedLineType {
  @Field(() => String) sku!: string;
  @Field(() => Int, { description: "Units that the buyer announced." }) quantity!: number;
  @Field(() => Int, { description: "Good: stock again, and refunded." }) restocked!: number;
  @Field(() => Int, { description: "Not fit for sale, and refunded." }) scrapped!: number;
  @Field(() => Int, { description: "Not refunded: they went back to the buyer." }) refused!: number;
}

@ObjectType("OrderReturn", { simpleResolvers: true, description: "Something of an order that comes back." })
export class OrderReturnType {
  @Field(() => ID) id!: string;
  @Field(() => ReturnStateEnum) state!: ReturnState;
  @Field(() => String) reason!: string;
  @Field(() => [ReturnedLineType], { description: "Counts of 0 until it was inspected." }) lines!: readonly ReturnedLineType[];
  @Field(() => MoneyType, { description: "What the buyer gets back for it." }) refund!: MoneyType;
  @Field(() => ReturnCauseEnum, { nullable: true, description: "Why a parcel comes back by itself; null where the buyer sends it." }) cause!: Uppercase<ReturnCause> | null;
  @Field(() => DateTime) requestedAt!: string;
  @Field(() => DateTime, { nullable: true, description: "When a parcel that came back by itself was there." }) arrivedAt!: string | null;
  @Field(() => DateTime, { nullable: true }) inspectedAt!: string | null;
}

export function orderReturnType({ returnId, reason, lines, inspected, revertedMinor, requestedAt, inspectedAt, cause, arrivedAt }: OrderCardReturn, currency: string): OrderReturnType {
  return {
    id: returnIds.encode(returnId), state: inspected ? "INSPECTED" : arrivedAt === null ? "REQUESTED" : "ARRIVED", reason, arrivedAt,
    cause: cause && cause.toUpperCase() as Uppercase<ReturnCause>, refund: moneyType(revertedMinor, currency), requestedAt, inspectedAt,
    lines: lines.map(({ sku, quantity }) => {
      const { restocked = 0, scrapped = 0, refused = 0 } = inspected?.find((line) => line.sku === sku) ?? {};
      return { sku, quantity, restocked, scrapped, refused };
    }),
  };
}
