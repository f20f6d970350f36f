import { Field, ID, ObjectType } from "type-graphql";
import type { PaymentStatus } from "../../events/payments.js";
import { moneyType, MoneyType } from "../../platform/graphql/money.type.js";
import { defineId } from "../../platform/graphql/opaque-id.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";
import type { PaymentCardRow } from "../../projections/payments/payment-card.projection.js";

const paymentIds = defineId("payment");

export const PaymentStatusEnum = wordEnum<PaymentStatus>("PaymentStatus", {
  PENDING: null, AUTHORIZED: null, CAPTURED: "The provider took the money.", FAILED: "The provider said no; nothing was charged.",
  UNKNOWN: "The provider has not said yet what happened.", PARTIALLY_REFUNDED: null, REFUNDED: null, DISPUTED: null,
});

@ObjectType("Payment", { simpleResolvers: true, description: "An order's payment, as the provider told it." })
export class PaymentType {
  @Field(() => ID) id!: string;
  @Field(() => PaymentStatusEnum) status!: PaymentStatus;
  @Field(() => String, { nullable: true }) provider!: string | null;
  @Field(() => MoneyType, { nullable: true, description: "Null where nothing was ever charged." }) captured!: MoneyType | null;
  @Field(() => MoneyType, { nullable: true }) refunded!: MoneyType | null;
  @Field(() => String, { nullable: true, description: "The provider's reason for a no." }) failureCode!: string | null;
  @Field(() => DateTime) updatedAt!: string;
}

export function paymentType({ paymentId, status, provider, currency, capturedMinor, refundedMinor, failureCode, updatedAt }: PaymentCardRow): PaymentType {
  const money = (amountMinor: number): MoneyType | null => (currency === null ? null : moneyType(amountMinor, currency));
  return { id: paymentIds.encode(paymentId), status, provider, captured: money(capturedMinor), refunded: money(refundedMinor), failureCode, updatedAt };
}
