import { Field, ID, Int, ObjectType } from "type-graphql";
import type { PaymentMethod, PaymentStatus, RefundCause } from "../../events/payments.js";
import { moneyType, MoneyType } from "../../platform/graphql/money.type.js";
import { defineId } from "../../platform/graphql/opaque-id.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import type { PaymentCardRow, RefundOnCard } from "../../projections/payments/payment-card.projection.js";

const paymentIds = defineId("payment");
const refundIds = defineId("refund");

export const PaymentStatusEnum = wordEnum<PaymentStatus>("PaymentStatus", {
  PENDING: null, AUTHORIZED: null, CAPTURED: "The provider took the money.", FAILED: "The provider said no, or what was set aside was let go; nothing was charged.",
  UNKNOWN: "The provider has not said yet what happened.", PARTIALLY_REFUNDED: null, REFUNDED: null, DISPUTED: null,
});

const PaymentMethodEnum = wordEnum<PaymentMethod>("PaymentMethod", { CARD: null, BANK_TRANSFER: null, CASH_ON_DELIVERY: null });
const RefundCauseEnum = wordEnum<RefundCause>("RefundCause", {
  ORDER_CANCELLED: "The order was called off.", LINES_CANCELLED: "Single lines were called off.", RETURNED: "Goods came back.", GOODWILL: "An operator decided so, or somebody at the provider.",
  UNWANTED: "The money came for an order that had been called off.", CAPTURED_TWICE: "It had come twice.",
});
const RefundStateEnum = wordEnum<RefundOnCard["state"]>("RefundState", {
  REQUESTED: "Decided; the provider is asked to give it.", DONE: "The provider gave it back.", FAILED: "The provider will not give it; a person looks after it.",
});

@ObjectType("Refund", { simpleResolvers: true, description: "Money that goes back." })
export class RefundType {
  @Field(() => ID) id!: string;
  @Field(() => MoneyType) amount!: MoneyType;
  @Field(() => RefundCauseEnum) cause!: RefundCause;
  @Field(() => RefundStateEnum) state!: RefundOnCard["state"];
  @Field(() => String) reason!: string;
  @Field(() => String, { nullable: true, description: "Why the provider will not give it." }) failureCode!: string | null;
}

@ObjectType("Payment", { simpleResolvers: true, description: "An order's payment, as the provider told it." })
export class PaymentType {
  @Field(() => ID) id!: string;
  @Field(() => PaymentStatusEnum) status!: PaymentStatus;
  @Field(() => PaymentMethodEnum, {
    nullable: true, description: "How it is paid by now; null where nobody was asked for the money yet, where the first attempt was refused, and where it is free.",
  })
  method!: PaymentMethod | null;
  @Field(() => Int, { description: "Attempts that were begun." }) attempts!: number;
  @Field(() => String, { nullable: true }) provider!: string | null;
  @Field(() => String, { nullable: true, description: "What the buyer writes on a bank transfer; null where none is awaited." }) transferReference!: string | null;
  @Field(() => MoneyType, { nullable: true, description: "What a transfer has to bring; null where none is awaited." }) awaited!: MoneyType | null;
  @Field(() => MoneyType, { nullable: true, description: "Set aside at the buyer's bank; null where nothing ever was." }) authorized!: MoneyType | null;
  @Field(() => MoneyType, { nullable: true, description: "Null where nothing was ever charged." }) captured!: MoneyType | null;
  @Field(() => MoneyType, { nullable: true }) refunded!: MoneyType | null;
  @Field(() => MoneyType, { nullable: true, description: "What the provider keeps of it; null where it has not said." }) fee!: MoneyType | null;
  @Field(() => Boolean, { description: "The buyer's bank took the money back and asks why, or has kept it." }) disputed!: boolean;
  @Cost({ size: 5 })
  @Field(() => [RefundType], { description: "In the order in which they were decided." }) refunds!: readonly RefundType[];
  @Field(() => String, { nullable: true, description: "The provider's reason for a no." }) failureCode!: string | null;
  @Field(() => DateTime) updatedAt!: string;
}

export function paymentType(row: PaymentCardRow): PaymentType {
  const { paymentId, status, method, attempt, provider, currency, awaitedMinor, failureCode, disputed, updatedAt } = row;
  const money = (amountMinor: number | null): MoneyType | null => (currency === null || amountMinor === null ? null : moneyType(amountMinor, currency));
  const isAwaited = awaitedMinor > 0;
  return {
    id: paymentIds.encode(paymentId), status, method, attempts: attempt, provider, failureCode, disputed, updatedAt,
    transferReference: isAwaited ? row.providerReference : null, awaited: isAwaited ? money(awaitedMinor) : null,
    authorized: money(row.authorizedMinor), captured: money(row.capturedMinor), refunded: money(row.refundedMinor), fee: money(row.feeMinor),
    refunds: currency === null ? [] : row.refunds.map(({ refundId, amountMinor, cause, state, reason, code }) => ({
      id: refundIds.encode(refundId), amount: moneyType(amountMinor, currency), cause, state, reason, failureCode: code,
    })),
  };
}
