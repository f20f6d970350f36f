import { Arg, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from "type-graphql";
import { requireOperator } from "../../platform/auth/access.js";
import { IdempotentInput } from "../../platform/graphql/idempotent-input.js";
import { readText } from "../../platform/graphql/input-text.js";
import { mutationPayload } from "../../platform/graphql/mutation-payload.js";
import { defineId } from "../../platform/graphql/opaque-id.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { runCommand } from "../../platform/http/run-command.js";
import { receiptLinesMax, receiptQuantityMax, receiveStock } from "./receive-stock.js";

const receiptIds = defineId("receipt");

@InputType()
class ReceiptLineInput {
  @Field(() => String) sku!: string;
  @Field(() => Int, { description: `1 to ${receiptQuantityMax}.` }) quantity!: number;
}

@InputType()
class ReceiveStockInput extends IdempotentInput {
  @Field(() => [ReceiptLineInput], { description: `1 to ${receiptLinesMax} lines, each product once.` })
  lines!: ReceiptLineInput[];
}

@ObjectType({ simpleResolvers: true })
class ReceiveStockPayload extends mutationPayload("ReceiveStock", {
  NO_LINES: "At least one line is needed.",
  TOO_MANY_LINES: `At most ${receiptLinesMax} lines at once.`,
  DUPLICATE_SKU: "A product stands in two lines.",
  UNKNOWN_PRODUCT: "The product has to be created first.",
  INVALID_QUANTITY: `A quantity is 1 to ${receiptQuantityMax}.`,
  UNITS_REQUIRED: "The product's units are numbered: book them in with receiveUnits.",
}) {
  @Field(() => ID, { nullable: true }) receiptId!: string | null;
}

@Resolver()
export class InventoryMutations {
  @Mutation(() => ReceiveStockPayload, { description: "Operators: books goods in; all lines or none." })
  async receiveStock(@Arg("input", () => ReceiveStockInput) input: ReceiveStockInput, @Ctx() context: RequestContext): Promise<ReceiveStockPayload> {
    requireOperator(context);
    const lines = input.lines.map(({ sku, quantity }, index) => ({ sku: readText(sku, `input.lines.${index}.sku`), quantity }));
    const { answer, ...result } = await runCommand(context, receiveStock, { lines }, input);
    return { ...result, receiptId: answer && receiptIds.encode(answer.receiptId) };
  }
}
