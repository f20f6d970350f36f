import { Field, ID, Int, ObjectType } from "type-graphql";
import type { OrderStatus } from "../../events/orders.js";
import type { PaymentStatus } from "../../events/payments.js";
import { connectionType } from "../../platform/graphql/connection.js";
import { moneyType, MoneyType } from "../../platform/graphql/money.type.js";
import { defineId } from "../../platform/graphql/opaque-id.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import type { OrderCardRow } from "../../projections/orders/order-card.projection.js";
import { PaymentStatusEnum } from "../payments/payment.type.js";
import { LineOfOrder, OrderLineType } from "./order-line.type.js";
import { orderReturnType, OrderReturnType } from "./order-return.type.js";

export const orderIds = defineId("order");

export const OrderStatusEnum = wordEnum<OrderStatus>("OrderStatus", {
  PLACED: null, PAID: null, ALLOCATED: null, SHIPPED: null, DELIVERED: null, CANCELLED: null, RETURNED: null, ON_HOLD: null,
});

@ObjectType("Order", { simpleResolvers: true, description: "An order and where it stands." })
export class OrderType {
  @Field(() => ID) id!: string;
  @Field(() => ID) customerId!: string;
  @Field(() => OrderStatusEnum) status!: OrderStatus;
  @Field(() => PaymentStatusEnum, { description: "As far as the order has heard; `payment` says what became of a refund." }) paymentStatus!: PaymentStatus;
  @Field(() => DateTime, { nullable: true, description: "A payment was refused: until then another method may be tried with `retryPayment`, and the units stay set aside." })
  payBefore!: string | null;
  @Field(() => String, { nullable: true, description: "Why it was cancelled or put on hold." }) reason!: string | null;
  @Cost({ size: 5 }) @Field(() => [OrderLineType]) lines!: readonly OrderLineType[];
  @Cost({ size: 2 }) @Field(() => [OrderReturnType], { description: "What the buyer sent back, or announced." }) returns!: readonly OrderReturnType[];
  @Field(() => MoneyType, { description: "The lines without tax." }) subtotal!: MoneyType;
  @Field(() => MoneyType) shipping!: MoneyType;
  @Field(() => MoneyType) tax!: MoneyType;
  @Field(() => MoneyType, { description: "`subtotal + shipping + tax`, fixed at placing for good." }) total!: MoneyType;
  @Field(() => MoneyType, { description: "What of the total is no longer owed, since it was called off or came back." }) reverted!: MoneyType;
  @Field(() => DateTime) placedAt!: string;
  @Field(() => DateTime) updatedAt!: string;
  @Field(() => Int, { description: "Grows with each change: hand it to `orderUpdates` as `after`." }) version!: number;
  row!: OrderCardRow;
}

/**
 * Lines and amounts are made where a query asks for them: a page has 50 orders with many lines each. The getters stand
 * here and not on the type, since TypeGraphQL puts a resolver of its own before a decorated getter (12 % of a page).
 */
class OrderOfRow implements OrderType {
  constructor(readonly row: OrderCardRow) {}

  get id(): string { return orderIds.encode(this.row.orderId); }
  get customerId(): string { return this.row.customerId; }
  get status(): OrderStatus { return this.row.status; }
  get paymentStatus(): PaymentStatus { return this.row.paymentStatus; }
  get payBefore(): string | null { return this.row.payBefore; }
  get reason(): string | null { return this.row.reason; }
  get lines(): readonly OrderLineType[] { return this.row.lines.map((line) => new LineOfOrder(line, this.row.currency)); }
  get returns(): readonly OrderReturnType[] { return this.row.returns.map((one) => orderReturnType(one, this.row.currency)); }
  get subtotal(): MoneyType { return moneyType(this.row.linesMinor, this.row.currency); }
  get shipping(): MoneyType { return moneyType(this.row.shippingMinor, this.row.currency); }
  get tax(): MoneyType { return moneyType(this.row.taxMinor, this.row.currency); }
  get total(): MoneyType { return moneyType(this.row.totalMinor, this.row.currency); }
  get reverted(): MoneyType { return moneyType(this.row.revertedMinor, this.row.currency); }
  get placedAt(): string { return this.row.placedAt; }
  get updatedAt(): string { return this.row.updatedAt; }
  get version(): number { return this.row.version; }
}

export function orderType(row: OrderCardRow): OrderType {
  return new OrderOfRow(row);
}

export const OrderConnection = connectionType("Order", () => OrderType);
