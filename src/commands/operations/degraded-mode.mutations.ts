import { Arg, Ctx, Field, InputType, Mutation, ObjectType, Resolver } from "type-graphql";
import type { DegradedModeSetting } from "../../events/operations.js";
import { requireOperator } from "../../platform/auth/access.js";
import { IdempotentInput } from "../../platform/graphql/idempotent-input.js";
import { readWords } from "../../platform/graphql/input-text.js";
import { mutationPayload } from "../../platform/graphql/mutation-payload.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { runCommand } from "../../platform/http/run-command.js";
import { setDegradedMode } from "./set-degraded-mode.js";

const reasonLengthMax = 500;

const DegradedModeSettingEnum = wordEnum<DegradedModeSetting>("DegradedModeSetting", {
  AUTO: "Each process by itself, when it is pressed or no read node answers.", ON: null, OFF: "Also under pressure.",
});

@InputType()
class SetDegradedModeInput extends IdempotentInput {
  @Field(() => DegradedModeSettingEnum) mode!: DegradedModeSetting;
  @Field(() => String, { description: "For whoever looks at it later." }) reason!: string;
}

@ObjectType({ simpleResolvers: true })
class SetDegradedModePayload extends mutationPayload("SetDegradedMode", { NO_REASON: "Say why: whoever looks at it later will ask." }) {
  @Field(() => DegradedModeSettingEnum, { nullable: true }) mode!: DegradedModeSetting | null;
}

@Resolver()
export class DegradedModeMutations {
  @Mutation(() => SetDegradedModePayload, { description: "Operators: whether products come from caches and what is not needed is off. Reaches every process within seconds." })
  async setDegradedMode(@Arg("input", () => SetDegradedModeInput) input: SetDegradedModeInput, @Ctx() context: RequestContext): Promise<SetDegradedModePayload> {
    requireOperator(context);
    const command = { mode: input.mode, reason: readWords(input.reason, "input.reason", reasonLengthMax) };
    const { answer, ...result } = await runCommand(context, setDegradedMode, command, input);
    return { ...result, mode: answer?.mode ?? null };
  }
}
