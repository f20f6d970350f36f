import { Arg, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from "type-graphql";
import type { PaymentMethod } from "../../events/payments.js";
import { requireActor } from "../../platform/auth/access.js";
import { customerOf } from "../../platform/auth/customer-of.js";
import { guestOf } from "../../platform/auth/guest.js";
import type { Settings } from "../../platform/config/config.js";
import { onceFor } from "../../platform/config/once-for.js";
import { SystemError } from "../../platform/errors.js";
import { IdempotentInput } from "../../platform/graphql/idempotent-input.js";
import { readText, readWords } from "../../platform/graphql/input-text.js";
import { mutationPayload } from "../../platform/graphql/mutation-payload.js";
import { defineId } from "../../platform/graphql/opaque-id.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { orRefused, runCommand, type CommandResult } from "../../platform/http/run-command.js";
import { cancelOrder, orderReasonMax } from "./cancel-order.js";
import { claimRefusals, saleRefusals } from "../inventory/refusals.steps.js";
import { readWish, tokenLengthMax, wishRefusals, type PaymentWish } from "../payments/payment-wish.steps.js";
import { orderLinesMax, orderQuantityMax } from "./order-lines.js";
import { placeOrderWith, placeReservedOrderWith, type PlaceOrderAnswer, type PlaceOrderInput as PlaceOrderCommand } from "./place-order.js";
import { PlacedOrderType } from "./placed-order.type.js";

const orderIds = defineId("order");
const saleIds = defineId("sale");
const reservationIds = defineId("reservation");
const skuLengthMax = 200;
/** More are not even looked at; up to here the command says what is wrong with them. */
const linesLookedAtMax = 1_000;

@InputType()
class OrderLineInput {
  @Field(() => String) sku!: string;
  @Field(() => Int, { description: `1 to ${orderQuantityMax}.` }) quantity!: number;
  @Field(() => ID, { nullable: true, description: "The sale to buy it in, at its price and out of its units; without it the product's own price and stock count." })
  saleId?: string | null;
}

const PaymentMethodEnum = wordEnum<PaymentMethod>("PaymentMethod", {
  CARD: "By card, at the payment provider.", BANK_TRANSFER: "By bank transfer; the order waits for it.", CASH_ON_DELIVERY: "In cash, when the parcel is handed over.",
});

@InputType({ description: "What an order is paid with." })
class PaymentInput {
  @Field(() => PaymentMethodEnum, { defaultValue: "CARD" })
  method!: PaymentMethod;

  @Field(() => String, { nullable: true, description: `A card's token, as the provider gave it to the browser (\`pm_…\`), at most ${tokenLengthMax} characters; never its number. Nobody is shown it again.` })
  token?: string | null;
}

@InputType()
class PlaceOrderInput extends IdempotentInput {
  @Field(() => ID, { nullable: true, description: "For operators; a customer orders for itself." })
  customerId?: string | null;

  @Field(() => [OrderLineInput], { nullable: true, description: `1 to ${orderLinesMax} lines, each product once; none with a \`reservationId\`.` })
  lines?: OrderLineInput[] | null;

  @Field(() => ID, { nullable: true, description: "Orders all that this reservation holds, instead of `lines`." })
  reservationId?: string | null;

  @Field(() => String, { nullable: true, description: "The secret that the units were reserved with, where that was without a token." })
  guestSecret?: string | null;

  @Field(() => PaymentInput, { nullable: true, description: "By card with the provider's default token where absent." })
  payment?: PaymentInput | null;
}

@InputType()
class CancelOrderInput extends IdempotentInput {
  @Field(() => ID) orderId!: string;
  @Field(() => String, { description: `At most ${orderReasonMax} characters.` }) reason!: string;
}

@ObjectType({ simpleResolvers: true })
class PlaceOrderPayload extends mutationPayload("PlaceOrder", {
  NO_LINES: "An order has at least one line.",
  TOO_MANY_LINES: `An order has at most ${orderLinesMax} lines.`,
  DUPLICATE_SKU: "A product stands in two lines.",
  INVALID_QUANTITY: `A quantity is 1 to ${orderQuantityMax}.`,
  UNKNOWN_PRODUCT: "There is no such product.",
  CUSTOMER_UNKNOWN: "The customer has to be registered first.",
  CURRENCY_MISMATCH: "The product is priced in another currency than the shop's.",
  AMOUNT_TOO_LARGE: "The order's total is beyond what can be counted.",
  OUT_OF_STOCK: "There are fewer units left than wanted.",
  UNITS_REQUIRED: "The product's units are numbered: reserve them with reserveUnits, then order the reservation.",
  ...saleRefusals,
  ...claimRefusals,
  ...wishRefusals,
}) {
  @Field(() => PlacedOrderType, { nullable: true, description: "The order as it was placed; null where it was refused." })
  order!: PlacedOrderType | null;

  @Field(() => ID, { nullable: true })
  orderId!: string | null;
}

@ObjectType({ simpleResolvers: true })
class CancelOrderPayload extends mutationPayload("CancelOrder", {
  ORDER_UNKNOWN: "There is no such order.",
  ORDER_NOT_CANCELLABLE: "A parcel has left; the order can only be returned.",
  INVALID_REASON: "The reason is too long.",
}) {
  @Field(() => ID, { nullable: true })
  orderId!: string | null;
}

@Resolver()
export class OrderMutations {
  @Mutation(() => PlaceOrderPayload, { description: "Takes an order: its units are set aside and its total is fixed; all lines or none." })
  async placeOrder(@Arg("input", () => PlaceOrderInput) input: PlaceOrderInput, @Ctx() context: RequestContext): Promise<PlaceOrderPayload> {
    const customerId = customerOf(requireActor(context), input.customerId, "input.customerId");
    const { answer, ...result } = await orRefused(() => this.#place(context, customerId, input));
    if (!answer) return { ...result, order: null, orderId: null };
    const order = new PlacedOrderType(answer, orderIds.encode(answer.orderId));
    return { ...result, order, orderId: order.id };
  }

  async #place(context: RequestContext, customerId: string, { lines, reservationId, guestSecret, payment, idempotencyKey }: PlaceOrderInput): Promise<CommandResult<PlaceOrderAnswer>> {
    const commands = placingOf(context.settings);
    const options = { idempotencyKey };
    const buying = { customerId, ...readPayment(payment) };
    if (reservationId === undefined || reservationId === null) return runCommand(context, commands.placeOrder, { ...buying, lines: readLines(lines ?? []) }, options);
    if (lines && lines.length > 0) throw new SystemError("BAD_USER_INPUT", "input.lines: an order is of lines or of a reservation, not of both.");
    const id = reservationIds.read(reservationId, "input.reservationId");
    return runCommand(context, commands.placeReservedOrder, { ...buying, reservationId: id, guest: guestOf(guestSecret, "input.guestSecret") }, options);
  }

  @Mutation(() => CancelOrderPayload, { description: "Calls an order off until its first parcel has left; what was charged goes back." })
  async cancelOrder(@Arg("input", () => CancelOrderInput) input: CancelOrderInput, @Ctx() context: RequestContext): Promise<CancelOrderPayload> {
    requireActor(context);
    const command = { orderId: orderIds.read(input.orderId, "input.orderId"), reason: readWords(input.reason, "input.reason") };
    const { answer, ...result } = await runCommand(context, cancelOrder, command, input);
    return { ...result, orderId: answer && orderIds.encode(answer.orderId) };
  }
}

/** Absent where the buyer said nothing of it, so that the same wish is the same command. @throws Refusal CARD_DATA_REFUSED INVALID_TOKEN */
function readPayment(payment: PaymentInput | null | undefined): { readonly payment?: PaymentWish } {
  return payment ? { payment: readWish(payment.method, payment.token ?? null, "payment") } : {};
}

function readLines(lines: readonly OrderLineInput[]): PlaceOrderCommand["lines"] {
  if (lines.length > linesLookedAtMax) {
    throw new SystemError("BAD_USER_INPUT", `input.lines: an order has at most ${orderLinesMax} lines, found ${lines.length}.`);
  }
  return lines.map(({ sku, quantity, saleId }, index) => ({
    sku: readText(sku, `input.lines.${index}.sku`, skuLengthMax), quantity,
    ...(saleId === undefined || saleId === null ? {} : { saleId: saleIds.read(saleId, `input.lines.${index}.saleId`) }),
  }));
}

/** The commands at this process's tariff. */
const placingOf = onceFor((settings: Settings) => {
  const tariff = {
    currency: settings.SHOP_CURRENCY, baseMinor: settings.SHIPPING_BASE_MINOR,
    perKilogramMinor: settings.SHIPPING_PER_KG_MINOR, taxBasisPoints: settings.SHIPPING_TAX_BASIS_POINTS,
  };
  return { placeOrder: placeOrderWith(tariff), placeReservedOrder: placeReservedOrderWith(tariff) };
});
