import { Arg, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from "type-graphql";
import { requireOperator } from "../../platform/auth/access.js";
import { IdempotentInput } from "../../platform/graphql/idempotent-input.js";
import { readText } from "../../platform/graphql/input-text.js";
import { MoneyInput, readMoney } from "../../platform/graphql/money.type.js";
import { mutationPayload, type MutationAnswer } from "../../platform/graphql/mutation-payload.js";
import { defineId } from "../../platform/graphql/opaque-id.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { runCommand } from "../../platform/http/run-command.js";
import { endSale } from "./end-sale.js";
import { allocationMax, holdSecondsDefault, holdSecondsMax, passSecondsMax, ratePerSecondMax, scheduleSale } from "./schedule-sale.js";
import { watchStock } from "./watch-stock.js";

const saleIds = defineId("sale");
const skuLengthMax = 200;

@InputType()
class WaitingRoomInput {
  @Field(() => Int, { description: `Tickets let in a second, at most; 1 to ${ratePerSecondMax}.` }) ratePerSecond!: number;
  @Field(() => Int, { description: `How long a pass lets its holder reserve; 1 to ${passSecondsMax} seconds.` }) passSeconds!: number;
}

@InputType()
class ScheduleSaleInput extends IdempotentInput {
  @Field(() => String) sku!: string;
  @Field(() => MoneyInput, { description: "Without tax." }) price!: MoneyInput;
  @Field(() => Int, { description: `Units set aside from the shelf at once; 1 to ${allocationMax}.` }) allocation!: number;
  @Field(() => DateTime) startsAt!: string;
  @Field(() => DateTime) endsAt!: string;
  @Field(() => Int, { nullable: true, description: "Units that one customer may have, bought or held; any number without it." }) limitPerCustomer?: number | null;
  @Field(() => Int, { nullable: true, description: `How long a reservation in this sale holds; 1 to ${holdSecondsMax}, ${holdSecondsDefault} seconds without it.` }) holdSeconds?: number | null;
  @Field(() => WaitingRoomInput, { nullable: true, description: "Lets buyers in one after the other; needs a `limitPerCustomer`." }) waitingRoom?: WaitingRoomInput | null;
}

@InputType()
class EndSaleInput extends IdempotentInput {
  @Field(() => ID) saleId!: string;
}

@InputType()
class WatchStockInput extends IdempotentInput {
  @Field(() => String) sku!: string;
  @Field(() => Int, { nullable: true, description: "From how many free units on it counts as running low; null tells nobody." }) lowAt?: number | null;
}

@ObjectType({ simpleResolvers: true })
class ScheduleSalePayload extends mutationPayload("ScheduleSale", {
  UNKNOWN_PRODUCT: "There is no such product.",
  CURRENCY_MISMATCH: "The product is priced in another currency.",
  INVALID_PRICE: "The price is negative.",
  INVALID_ALLOCATION: `1 to ${allocationMax} units are set aside.`,
  INVALID_WINDOW: "A sale ends after it began, in the future, and within a year.",
  INVALID_LIMIT: "A customer may have one unit or more.",
  INVALID_HOLD_TIME: `Units are held for 1 to ${holdSecondsMax} seconds.`,
  INVALID_WAITING_ROOM: "A waiting room needs a limit per customer, a rate, and a time for its passes.",
  OUT_OF_STOCK: "There are fewer free units than shall be set aside.",
  UNITS_REQUIRED: "The product's units are numbered: such a product has no sales yet.",
}) {
  @Field(() => ID, { nullable: true }) saleId!: string | null;
}

@ObjectType({ simpleResolvers: true })
class EndSalePayload extends mutationPayload("EndSale", {
  UNKNOWN_SALE: "There is no such sale.",
  SALE_NOT_OVER: "Its window is not over.",
}) {
  @Field(() => ID, { nullable: true }) saleId!: string | null;
}

@ObjectType({ simpleResolvers: true })
class WatchStockPayload extends mutationPayload("WatchStock", {
  UNKNOWN_PRODUCT: "There is no such product.",
  INVALID_THRESHOLD: "A threshold is one unit or more.",
}) {
  @Field(() => String, { nullable: true }) sku!: string | null;
}

@Resolver()
export class SaleMutations {
  @Mutation(() => ScheduleSalePayload, { description: "Operators: sets units aside to be sold at another price for a while." })
  async scheduleSale(@Arg("input", () => ScheduleSaleInput) input: ScheduleSaleInput, @Ctx() context: RequestContext): Promise<ScheduleSalePayload> {
    requireOperator(context);
    const { amountMinor: priceMinor, currency } = readMoney(input.price);
    const { allocation, startsAt, endsAt, limitPerCustomer = null, holdSeconds, waitingRoom } = input;
    const { answer, ...result } = await runCommand(context, scheduleSale, {
      sku: readText(input.sku, "input.sku", skuLengthMax), priceMinor, currency, allocation, startsAt, endsAt, limitPerCustomer,
      holdSeconds: holdSeconds ?? holdSecondsDefault,
      waitingRoom: waitingRoom ? { ratePerSecond: waitingRoom.ratePerSecond, passSeconds: waitingRoom.passSeconds } : null,
    }, input);
    return { ...result, saleId: answer && saleIds.encode(answer.saleId) };
  }

  @Mutation(() => EndSalePayload, { description: "Operators: ends a sale now. What is left goes back to the shelf; what is held may still be ordered at the sale's price." })
  async endSale(@Arg("input", () => EndSaleInput) input: EndSaleInput, @Ctx() context: RequestContext): Promise<EndSalePayload> {
    return end(context, input, "ended");
  }

  @Mutation(() => EndSalePayload, { description: "Operators: as `endSale`, for a sale that should not have been." })
  async cancelSale(@Arg("input", () => EndSaleInput) input: EndSaleInput, @Ctx() context: RequestContext): Promise<EndSalePayload> {
    return end(context, input, "cancelled");
  }

  @Mutation(() => WatchStockPayload, { description: "Operators: sets from how many free units on a product is told to run low." })
  async watchStock(@Arg("input", () => WatchStockInput) { sku, lowAt = null, idempotencyKey }: WatchStockInput, @Ctx() context: RequestContext): Promise<WatchStockPayload> {
    requireOperator(context);
    const { answer, ...result } = await runCommand(context, watchStock, { sku: readText(sku, "input.sku", skuLengthMax), lowAt }, { idempotencyKey });
    return { ...result, sku: answer?.sku ?? null };
  }
}

async function end(context: RequestContext, { saleId, idempotencyKey }: EndSaleInput, reason: "ended" | "cancelled"): Promise<MutationAnswer & { saleId: string | null }> {
  requireOperator(context);
  const { answer, ...result } = await runCommand(context, endSale, { saleId: saleIds.read(saleId, "input.saleId"), reason }, { idempotencyKey });
  return { ...result, saleId: answer && saleIds.encode(answer.saleId) };
}
