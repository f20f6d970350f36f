import { Arg, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from "type-graphql";
import type { PaymentMethod } from "../../events/payments.js";
import { requireActor, requireOperator } from "../../platform/auth/access.js";
import { IdempotentInput } from "../../platform/graphql/idempotent-input.js";
import { readWords } from "../../platform/graphql/input-text.js";
import { MoneyInput, moneyType, MoneyType, readMoney } from "../../platform/graphql/money.type.js";
import { mutationPayload } from "../../platform/graphql/mutation-payload.js";
import { defineId } from "../../platform/graphql/opaque-id.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { orRefused, runCommand } from "../../platform/http/run-command.js";
import { readWish, tokenLengthMax, wishRefusals } from "./payment-wish.steps.js";
import { recordManualPayment } from "./record-manual-payment.js";
import { refundPayment, refundReasonMax } from "./refund-payment.js";
import { retryPayment } from "./retry-payment.js";

const orderIds = defineId("order");

const PaymentMethodEnum = wordEnum<PaymentMethod>("PaymentMethod", { CARD: null, BANK_TRANSFER: null, CASH_ON_DELIVERY: null });

@InputType({ description: "Another way to pay an order." })
class OtherPaymentInput {
  @Field(() => PaymentMethodEnum, { defaultValue: "CARD" })
  method!: PaymentMethod;

  @Field(() => String, { nullable: true, description: `A card's token, as the provider gave it to the browser, at most ${tokenLengthMax} characters; never its number.` })
  token?: string | null;
}

@InputType()
class RetryPaymentInput extends IdempotentInput {
  @Field(() => ID) orderId!: string;
  @Field(() => OtherPaymentInput) payment!: OtherPaymentInput;
}

@InputType()
class RefundPaymentInput extends IdempotentInput {
  @Field(() => ID) orderId!: string;
  @Field(() => MoneyInput, { nullable: true, description: "All that is left of what was charged where absent." }) amount?: MoneyInput | null;
  @Field(() => String, { description: `At most ${refundReasonMax} characters.` }) reason!: string;
  @Field(() => Boolean, { defaultValue: false, description: "A person pays it back by transfer, e.g. after the provider refused to: nothing is asked of the provider." })
  byTransfer!: boolean;
}

@InputType()
class RecordManualPaymentInput extends IdempotentInput {
  @Field(() => ID) orderId!: string;
  @Field(() => MoneyInput, { description: "What came in." }) amount!: MoneyInput;
}

const orderUnknown = { ORDER_UNKNOWN: "There is no such order." };

@ObjectType({ simpleResolvers: true })
class RetryPaymentPayload extends mutationPayload("RetryPayment", {
  ...orderUnknown,
  ORDER_NOT_OPEN: "The order does not wait for its money (any more).",
  PAYMENT_NOT_OPEN: "The payment was not refused, or was tried too often.",
  PAYMENT_IN_DOUBT: "Whether the last attempt was charged is not known yet.",
  ...wishRefusals,
}) {
  @Field(() => ID, { nullable: true }) orderId!: string | null;
  @Field(() => Int, { nullable: true, description: "Number of the attempt that began; the first was 1." }) attempt!: number | null;
}

@ObjectType({ simpleResolvers: true })
class RefundPaymentPayload extends mutationPayload("RefundPayment", {
  ...orderUnknown,
  PAYMENT_NOT_CAPTURED: "Nothing was charged that could be given back.",
  PAYMENT_DISPUTED: "The buyer's bank has taken the money back and asks why.",
  REFUND_TOO_LARGE: "More than is left of what was charged.",
  INVALID_AMOUNT: "A refund is of more than nothing.",
  CURRENCY_MISMATCH: "The order was paid in another currency.",
  INVALID_REASON: "The reason is too long.",
}) {
  @Field(() => ID, { nullable: true }) orderId!: string | null;
  @Field(() => MoneyType, { nullable: true, description: "What goes back; the provider gives it by a job." }) refund!: MoneyType | null;
}

@ObjectType({ simpleResolvers: true })
class RecordManualPaymentPayload extends mutationPayload("RecordManualPayment", {
  ...orderUnknown,
  PAYMENT_UNKNOWN: "The order waits for no transfer and no cash.",
  AMOUNT_DIFFERS: "The order costs something else.",
}) {
  @Field(() => ID, { nullable: true }) orderId!: string | null;
}

@Resolver()
export class PaymentMutations {
  @Mutation(() => RetryPaymentPayload, { description: "Tries another way to pay after a no, while the order's units are still set aside." })
  async retryPayment(@Arg("input", () => RetryPaymentInput) input: RetryPaymentInput, @Ctx() context: RequestContext): Promise<RetryPaymentPayload> {
    requireActor(context);
    const orderId = orderIds.read(input.orderId, "input.orderId");
    const { method, token } = input.payment;
    const { answer, ...result } = await orRefused(async () =>
      runCommand(context, retryPayment, { orderId, payment: readWish(method, token ?? null, "payment") }, input));
    return { ...result, orderId: answer && orderIds.encode(answer.orderId), attempt: answer?.attempt ?? null };
  }

  @Mutation(() => RefundPaymentPayload, { description: "Operators: gives money back, all or a part; never more than was charged." })
  async refundPayment(@Arg("input", () => RefundPaymentInput) input: RefundPaymentInput, @Ctx() context: RequestContext): Promise<RefundPaymentPayload> {
    requireOperator(context);
    const command = {
      orderId: orderIds.read(input.orderId, "input.orderId"), amount: input.amount ? readMoney(input.amount) : null, reason: readWords(input.reason, "input.reason"),
      ...(input.byTransfer ? { byTransfer: true as const } : {}),
    };
    const { answer, ...result } = await runCommand(context, refundPayment, command, input);
    return { ...result, orderId: answer && orderIds.encode(answer.orderId), refund: answer && moneyType(answer.amountMinor, answer.currency) };
  }

  @Mutation(() => RecordManualPaymentPayload, { description: "Operators: the transfer with the order's reference came in, or its cash was collected." })
  async recordManualPayment(@Arg("input", () => RecordManualPaymentInput) input: RecordManualPaymentInput, @Ctx() context: RequestContext): Promise<RecordManualPaymentPayload> {
    requireOperator(context);
    const command = { orderId: orderIds.read(input.orderId, "input.orderId"), amount: readMoney(input.amount) };
    const { answer, ...result } = await runCommand(context, recordManualPayment, command, input);
    return { ...result, orderId: answer && orderIds.encode(answer.orderId) };
  }
}
