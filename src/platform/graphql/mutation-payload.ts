import { Field, ObjectType, registerEnumType } from "type-graphql";
import { Cost } from "../rate-limits/field-cost.js";

/** A business "no" as the schema shows it. */
export interface UserErrorAnswer {
  readonly code: string;
  /** The steps from `input` down to what caused it, e.g. `["lines", "0", "sku"]`. */
  readonly field: readonly string[] | null;
  readonly message: string;
}

/** What every mutation answers beside its own thing. */
export interface MutationAnswer {
  userErrors: readonly UserErrorAnswer[];
  position: string | null;
  replayed: boolean;
}

/**
 * The base of a mutation's payload, with an enum `<Mutation>ErrorCode` and a type `<Mutation>UserError` of
 * its own: `class PlaceOrderPayload extends mutationPayload("PlaceOrder", { OUT_OF_STOCK: "…" })`.
 * @param codes every `Refusal` code that the command knows, with a sentence for the schema's reader
 */
export function mutationPayload(mutation: string, codes: Readonly<Record<string, string>>): abstract new () => MutationAnswer {
  const codeEnum = Object.fromEntries(Object.keys(codes).map((code) => [code, code]));
  registerEnumType(codeEnum, {
    name: `${mutation}ErrorCode`,
    valuesConfig: Object.fromEntries(Object.entries(codes).map(([code, description]) => [code, { description }])),
  });

  @ObjectType(`${mutation}UserError`, { simpleResolvers: true })
  class UserError implements UserErrorAnswer {
    @Field(() => codeEnum) code!: string;
    @Field(() => [String], { nullable: true, description: "The path within `input` that caused it." }) field!: readonly string[] | null;
    @Field(() => String, { description: "What to do about it, for a person." }) message!: string;
  }

  @ObjectType(`${mutation}Answer`, { simpleResolvers: true })
  abstract class Answer implements MutationAnswer {
    @Cost({ size: 1 })
    @Field(() => [UserError], { description: "Why it was refused; empty where it was done." })
    userErrors!: readonly UserError[];

    @Field(() => String, { nullable: true, description: "Hand it to a query's `position` to read your own write." })
    position!: string | null;

    @Field(() => Boolean, { description: "True where this idempotency key was answered before, and this is that answer." })
    replayed!: boolean;
  }
  return Answer;
}
