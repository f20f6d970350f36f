import { Arg, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from "type-graphql";
import { requireActor, requireOperator } from "../../platform/auth/access.js";
import { SystemError } from "../../platform/errors.js";
import { IdempotentInput } from "../../platform/graphql/idempotent-input.js";
import { readText, readWords } from "../../platform/graphql/input-text.js";
import { mutationPayload } from "../../platform/graphql/mutation-payload.js";
import { defineId } from "../../platform/graphql/opaque-id.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { runCommand } from "../../platform/http/run-command.js";
import { cancelOrderLines } from "./cancel-order-lines.js";
import { orderReasonMax } from "./cancel-order.js";
import { resumeOrder } from "./follow-order.js";
import { orderLinesMax } from "./order-lines.js";
import { inspectReturn, requestReturn } from "./return-order.js";

const orderIds = defineId("order");
const returnIds = defineId("return");
const skuLengthMax = 200;
const unitLengthMax = 64;
const unitsMax = 1_000;
const reasonText = `At most ${orderReasonMax} characters.`;
const linesText = `1 to ${orderLinesMax} lines, each product once.`;

@InputType()
class CancelledLineInput {
  @Field(() => String) sku!: string;
  @Field(() => Int, { description: "From 1 to what the order still has of it." }) quantity!: number;
  @Field(() => [String], { nullable: true, description: "Which ones, of a product whose units are numbered; the last ones of the line where absent." }) unitIds?: string[] | null;
}

@InputType()
class CancelOrderLinesInput extends IdempotentInput {
  @Field(() => ID) orderId!: string;
  @Field(() => [CancelledLineInput], { description: linesText }) lines!: CancelledLineInput[];
  @Field(() => String, { description: reasonText }) reason!: string;
}

@InputType()
class ReturnedLineInput {
  @Field(() => String) sku!: string;
  @Field(() => Int, { description: "From 1 to what has been sent and is not on its way back." }) quantity!: number;
}

@InputType()
class RequestReturnInput extends IdempotentInput {
  @Field(() => ID) orderId!: string;
  @Field(() => [ReturnedLineInput], { description: linesText }) lines!: ReturnedLineInput[];
  @Field(() => String, { description: reasonText }) reason!: string;
}

@InputType()
class InspectedLineInput {
  @Field(() => String) sku!: string;
  @Field(() => Int, { defaultValue: 0, description: "Good: stock again, and refunded." }) restocked!: number;
  @Field(() => Int, { defaultValue: 0, description: "Not fit for sale, and refunded." }) scrapped!: number;
  @Field(() => Int, { defaultValue: 0, description: "Not refunded: they go back to the buyer." }) refused!: number;
  @Field(() => [String], { nullable: true, description: "Which ones are stock again, of a product whose units are numbered; the first ones that were sent where absent." }) unitIds?: string[] | null;
}

@InputType()
class InspectReturnInput extends IdempotentInput {
  @Field(() => ID) orderId!: string;
  @Field(() => ID) returnId!: string;
  @Field(() => [InspectedLineInput], { description: "What came; what did not may be returned another time." }) lines!: InspectedLineInput[];
}

@InputType()
class ResumeOrderInput extends IdempotentInput {
  @Field(() => ID) orderId!: string;
  @Field(() => String, { description: reasonText }) reason!: string;
}

const lineRefusals = {
  ORDER_UNKNOWN: "There is no such order.",
  NO_LINES: "At least one line is needed.",
  DUPLICATE_SKU: "A product is named twice.",
  UNKNOWN_LINE: "The order has no line of that product.",
  INVALID_QUANTITY: "The line has fewer units for that, or none.",
};
const invalidReason = { INVALID_REASON: "The reason is too long." };
const unitUnknown = { UNIT_UNKNOWN: "The order does not have these units, or one is named twice." };

@ObjectType({ simpleResolvers: true })
class CancelOrderLinesPayload extends mutationPayload("CancelOrderLines", {
  ...lineRefusals, ...unitUnknown, ...invalidReason,
  ORDER_NOT_CANCELLABLE: "A parcel has left, or the order was called off.",
  WHOLE_ORDER: "That is all that is left of the order: use cancelOrder.",
}) {
  @Field(() => ID, { nullable: true }) orderId!: string | null;
}

@ObjectType({ simpleResolvers: true })
class RequestReturnPayload extends mutationPayload("RequestReturn", {
  ...lineRefusals, ...invalidReason,
  NOTHING_TO_RETURN: "Nothing of the order has been sent that is not on its way back already.",
}) {
  @Field(() => ID, { nullable: true }) orderId!: string | null;
  @Field(() => ID, { nullable: true, description: "To be written on the parcel." }) returnId!: string | null;
}

@ObjectType({ simpleResolvers: true })
class InspectReturnPayload extends mutationPayload("InspectReturn", {
  ...lineRefusals, ...unitUnknown,
  RETURN_UNKNOWN: "The order has no such return.",
  RETURN_INSPECTED: "It was inspected already.",
}) {
  @Field(() => ID, { nullable: true }) orderId!: string | null;
}

@ObjectType({ simpleResolvers: true })
class ResumeOrderPayload extends mutationPayload("ResumeOrder", {
  ...invalidReason,
  ORDER_UNKNOWN: "There is no such order.",
  ORDER_NOT_ON_HOLD: "It does not wait for anybody.",
}) {
  @Field(() => ID, { nullable: true }) orderId!: string | null;
}

/** What may happen to an order beside being placed and called off as a whole. */
@Resolver()
export class OrderChangeMutations {
  @Mutation(() => CancelOrderLinesPayload, { description: "Calls single lines off, or some of their units, until the first parcel has left; what they cost goes back." })
  async cancelOrderLines(@Arg("input", () => CancelOrderLinesInput) input: CancelOrderLinesInput, @Ctx() context: RequestContext): Promise<CancelOrderLinesPayload> {
    requireActor(context);
    const lines = readLines(input.lines).map(({ sku, unitIds, quantity }) => ({ sku, quantity, ...named(unitIds) }));
    const { answer, ...result } = await runCommand(context, cancelOrderLines, { ...orderOf(input), lines, reason: readWords(input.reason, "input.reason") }, input);
    return { ...result, orderId: answer && orderIds.encode(answer.orderId) };
  }

  @Mutation(() => RequestReturnPayload, { description: "Announces that something comes back. It is refunded when it was inspected." })
  async requestReturn(@Arg("input", () => RequestReturnInput) input: RequestReturnInput, @Ctx() context: RequestContext): Promise<RequestReturnPayload> {
    requireActor(context);
    const lines = readLines(input.lines).map(({ sku, quantity }) => ({ sku, quantity }));
    const { answer, ...result } = await runCommand(context, requestReturn, { ...orderOf(input), lines, reason: readWords(input.reason, "input.reason") }, input);
    return { ...result, orderId: answer && orderIds.encode(answer.orderId), returnId: answer && returnIds.encode(answer.returnId) };
  }

  @Mutation(() => InspectReturnPayload, { description: "Operators: says what came back and in which state; what is good is stock again, what is not refused is refunded." })
  async inspectReturn(@Arg("input", () => InspectReturnInput) input: InspectReturnInput, @Ctx() context: RequestContext): Promise<InspectReturnPayload> {
    requireOperator(context);
    const lines = readLines(input.lines).map(({ sku, restocked, scrapped, refused, unitIds }) => ({ sku, restocked, scrapped, refused, ...named(unitIds) }));
    const { answer, ...result } = await runCommand(context, inspectReturn, { ...orderOf(input), returnId: returnIds.read(input.returnId, "input.returnId"), lines }, input);
    return { ...result, orderId: answer && orderIds.encode(answer.orderId) };
  }

  @Mutation(() => ResumeOrderPayload, { description: "Operators: lets an order go on that is on hold. What is paid and has no courier is booked again." })
  async resumeOrder(@Arg("input", () => ResumeOrderInput) input: ResumeOrderInput, @Ctx() context: RequestContext): Promise<ResumeOrderPayload> {
    requireOperator(context);
    const { answer, ...result } = await runCommand(context, resumeOrder, { ...orderOf(input), reason: readWords(input.reason, "input.reason") }, input);
    return { ...result, orderId: answer && orderIds.encode(answer.orderId) };
  }
}

function orderOf({ orderId }: { readonly orderId: string }): { readonly orderId: string } {
  return { orderId: orderIds.read(orderId, "input.orderId") };
}

function named(unitIds: readonly string[] | null | undefined): { readonly unitIds?: readonly string[] } {
  return unitIds ? { unitIds } : {};
}

function readLines<Line extends { readonly sku: string; readonly unitIds?: readonly string[] | null }>(lines: readonly Line[]): readonly Line[] {
  if (lines.length > orderLinesMax) throw new SystemError("BAD_USER_INPUT", `input.lines: an order has at most ${orderLinesMax} lines, found ${lines.length}.`);
  return lines.map((line, index) => ({
    ...line, sku: readText(line.sku, `input.lines.${index}.sku`, skuLengthMax), unitIds: readUnits(line.unitIds, `input.lines.${index}.unitIds`),
  }));
}

function readUnits(unitIds: readonly string[] | null | undefined, field: string): readonly string[] | null {
  if (!unitIds) return null;
  if (unitIds.length > unitsMax) throw new SystemError("BAD_USER_INPUT", `${field}: at most ${unitsMax} units, found ${unitIds.length}.`);
  return unitIds.map((unitId, index) => readText(unitId, `${field}.${index}`, unitLengthMax));
}
