import { Field, ID, Int, ObjectType } from "type-graphql";
import type { OrderLine, OrderStatus } from "../../events/orders.js";
import type { PaymentStatus } from "../../events/payments.js";
import { connectionType } from "../../platform/graphql/connection.js";
import { moneyType, MoneyType } from "../../platform/graphql/money.type.js";
import { defineId } from "../../platform/graphql/opaque-id.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";
import type { OrderCardRow } from "../../projections/orders/order-card.projection.js";
import { PaymentStatusEnum } from "../payments/payment.type.js";

export const orderIds = defineId("order");

export const OrderStatusEnum = wordEnum<OrderStatus>("OrderStatus", {
  PLACED: null, PAID: null, ALLOCATED: null, SHIPPED: null, DELIVERED: null, CANCELLED: null, RETURNED: null, ON_HOLD: null,
});

/** Amounts are made where a query asks for them: a page has 50 orders with many lines each. */
@ObjectType("OrderLine", { simpleResolvers: true, description: "One product of an order, at the price of its placing." })
export class OrderLineType {
  readonly #line: OrderLine;
  readonly #currency: string;

  constructor(line: OrderLine, currency: string) {
    this.#line = line;
    this.#currency = currency;
  }

  @Field(() => String)
  get sku(): string { return this.#line.sku; }

  @Field(() => String)
  get name(): string { return this.#line.name; }

  @Field(() => Int)
  get quantity(): number { return this.#line.quantity; }

  @Field(() => MoneyType)
  get unitPrice(): MoneyType { return moneyType(this.#line.unitPriceMinor, this.#currency); }

  @Field(() => MoneyType, { description: "`unitPrice × quantity`." })
  get net(): MoneyType { return moneyType(this.#line.netMinor, this.#currency); }

  @Field(() => MoneyType)
  get tax(): MoneyType { return moneyType(this.#line.taxMinor, this.#currency); }

  @Field(() => Int, { description: "1 % is 100." })
  get taxBasisPoints(): number { return this.#line.taxBasisPoints; }
}

@ObjectType("Order", { simpleResolvers: true, description: "An order and where it stands." })
export class OrderType {
  constructor(readonly row: OrderCardRow) {}

  @Field(() => ID)
  get id(): string { return orderIds.encode(this.row.orderId); }

  @Field(() => ID)
  get customerId(): string { return this.row.customerId; }

  @Field(() => OrderStatusEnum)
  get status(): OrderStatus { return this.row.status; }

  @Field(() => PaymentStatusEnum, { description: "As far as the order has heard; `payment` says what became of a refund." })
  get paymentStatus(): PaymentStatus { return this.row.paymentStatus; }

  @Field(() => String, { nullable: true, description: "Why it was cancelled or put on hold." })
  get reason(): string | null { return this.row.reason; }

  @Field(() => [OrderLineType])
  get lines(): readonly OrderLineType[] { return this.row.lines.map((line) => new OrderLineType(line, this.row.currency)); }

  @Field(() => MoneyType, { description: "The lines without tax." })
  get subtotal(): MoneyType { return moneyType(this.row.linesMinor, this.row.currency); }

  @Field(() => MoneyType)
  get shipping(): MoneyType { return moneyType(this.row.shippingMinor, this.row.currency); }

  @Field(() => MoneyType)
  get tax(): MoneyType { return moneyType(this.row.taxMinor, this.row.currency); }

  @Field(() => MoneyType, { description: "`subtotal + shipping + tax`, fixed at placing for good." })
  get total(): MoneyType { return moneyType(this.row.totalMinor, this.row.currency); }

  @Field(() => DateTime)
  get placedAt(): string { return this.row.placedAt; }

  @Field(() => DateTime)
  get updatedAt(): string { return this.row.updatedAt; }

  @Field(() => Int, { description: "Grows with each change: hand it to `orderUpdates` as `after`." })
  get version(): number { return this.row.version; }
}

export const OrderConnection = connectionType("Order", () => OrderType);
