import { Arg, Ctx, Field, InputType, Mutation, ObjectType, Resolver } from "type-graphql";
import { requireOperator } from "../../platform/auth/access.js";
import { IdempotentInput } from "../../platform/graphql/idempotent-input.js";
import { readText } from "../../platform/graphql/input-text.js";
import { mutationPayload } from "../../platform/graphql/mutation-payload.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { runCommand } from "../../platform/http/run-command.js";
import { acknowledgeAlert, resolveAlert } from "./raise-alert.js";

const keyLengthMax = 500;
const codes = { ALERT_UNKNOWN: "There is no such alert." };

@InputType()
abstract class AlertInput extends IdempotentInput {
  @Field(() => String, { description: "The alert's `key`: what is wrong with what." })
  key!: string;
}

@InputType()
class AcknowledgeAlertInput extends AlertInput {}

@InputType()
class ResolveAlertInput extends AlertInput {}

@ObjectType({ simpleResolvers: true })
class AcknowledgeAlertPayload extends mutationPayload("AcknowledgeAlert", codes) {
  @Field(() => String, { nullable: true }) key!: string | null;
}

@ObjectType({ simpleResolvers: true })
class ResolveAlertPayload extends mutationPayload("ResolveAlert", codes) {
  @Field(() => String, { nullable: true }) key!: string | null;
}

@Resolver()
export class AlertMutations {
  @Mutation(() => AcknowledgeAlertPayload, { description: "Operators: a person has seen it." })
  async acknowledgeAlert(@Arg("input", () => AcknowledgeAlertInput) input: AcknowledgeAlertInput, @Ctx() context: RequestContext): Promise<AcknowledgeAlertPayload> {
    requireOperator(context);
    const { answer, ...result } = await runCommand(context, acknowledgeAlert, { key: readText(input.key, "input.key", keyLengthMax) }, input);
    return { ...result, key: answer?.key ?? null };
  }

  @Mutation(() => ResolveAlertPayload, { description: "Operators: it is over; should it come again, it is a new alert." })
  async resolveAlert(@Arg("input", () => ResolveAlertInput) input: ResolveAlertInput, @Ctx() context: RequestContext): Promise<ResolveAlertPayload> {
    requireOperator(context);
    const { answer, ...result } = await runCommand(context, resolveAlert, { key: readText(input.key, "input.key", keyLengthMax) }, input);
    return { ...result, key: answer?.key ?? null };
  }
}
