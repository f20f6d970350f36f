import { Field, ID, ObjectType } from "type-graphql";
import type { OrderStatus } from "../../events/orders.js";
import { moneyType, MoneyType } from "../../platform/graphql/money.type.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";
import type { PlaceOrderAnswer } from "./place-order.js";

const OrderStatusEnum = wordEnum<OrderStatus>("OrderStatus", {
  PLACED: null, PAID: null, ALLOCATED: null, SHIPPED: null, DELIVERED: null, CANCELLED: null, RETURNED: null, ON_HOLD: null,
});

/** Made from the command's answer, without a read: what is fixed at placing, in the words of `Order`. */
@ObjectType("PlacedOrder", { simpleResolvers: true, description: "An order at the moment of its placing. Ask `order` with the payload's `position` for more." })
export class PlacedOrderType {
  readonly #answer: PlaceOrderAnswer;

  constructor(answer: PlaceOrderAnswer, id: string) {
    this.#answer = answer;
    this.id = id;
  }

  @Field(() => ID)
  readonly id: string;

  @Field(() => OrderStatusEnum, { description: "Always PLACED, also in a replayed answer." })
  readonly status: OrderStatus = "PLACED";

  @Field(() => MoneyType, { description: "The lines without tax." })
  get subtotal(): MoneyType { return this.#money("linesMinor"); }

  @Field(() => MoneyType)
  get shipping(): MoneyType { return this.#money("shippingMinor"); }

  @Field(() => MoneyType)
  get tax(): MoneyType { return this.#money("taxMinor"); }

  @Field(() => MoneyType, { description: "`subtotal + shipping + tax`, fixed for good." })
  get total(): MoneyType { return this.#money("totalMinor"); }

  @Field(() => DateTime)
  get placedAt(): string { return this.#answer.placedAt; }

  #money(amount: "linesMinor" | "shippingMinor" | "taxMinor" | "totalMinor"): MoneyType {
    const { totals } = this.#answer;
    return moneyType(totals[amount], totals.currency);
  }
}
