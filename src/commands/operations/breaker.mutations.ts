import { Arg, Ctx, Field, InputType, Mutation, ObjectType, Resolver } from "type-graphql";
import type { BreakerState } from "../../events/breakers.js";
import { requireOperator } from "../../platform/auth/access.js";
import { IdempotentInput } from "../../platform/graphql/idempotent-input.js";
import { readText, readWords } from "../../platform/graphql/input-text.js";
import { mutationPayload } from "../../platform/graphql/mutation-payload.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { runCommand } from "../../platform/http/run-command.js";
import { openBreaker, resetBreaker, setBreakerDryRun, type BreakerAnswer } from "./breaker-move.js";

const [partyLengthMax, reasonLengthMax] = [200, 500];
const unknown = { BREAKER_UNKNOWN: "There is no such neighbour; the message names those that there are." };
const BreakerStateEnum = wordEnum<BreakerState>("BreakerState", {
  closed: "Calls go out.", half_open: "A few calls try it.", open: "It is not called for a while.", held_open: "By hand: it is not called until somebody resets it.",
});
const noReason = { NO_REASON: "Say why: whoever looks at it later will ask." };

@InputType()
abstract class BreakerInput extends IdempotentInput {
  @Field(() => String, { description: "A courier's id, or the payment provider's name: `party` of `courierHealth`." }) party!: string;
}

@InputType()
class OpenBreakerInput extends BreakerInput {
  @Field(() => String, { description: "For whoever looks at it later." }) reason!: string;
}

@InputType()
class ResetBreakerInput extends BreakerInput {}

@InputType()
class SetBreakerDryRunInput extends BreakerInput {
  @Field(() => Boolean, { description: "True: it judges and tells, and lets every call through." }) on!: boolean;
}

@ObjectType({ simpleResolvers: true })
class OpenBreakerPayload extends mutationPayload("OpenBreaker", { ...unknown, ...noReason }) {
  @Field(() => BreakerStateEnum, { nullable: true }) state!: BreakerState | null;
}

@ObjectType({ simpleResolvers: true })
class ResetBreakerPayload extends mutationPayload("ResetBreaker", unknown) {
  @Field(() => BreakerStateEnum, { nullable: true }) state!: BreakerState | null;
}

@ObjectType({ simpleResolvers: true })
class SetBreakerDryRunPayload extends mutationPayload("SetBreakerDryRun", unknown) {
  @Field(() => BreakerStateEnum, { nullable: true }) state!: BreakerState | null;
  @Field(() => Boolean, { nullable: true }) dryRun!: boolean | null;
}

@Resolver()
export class BreakerMutations {
  @Mutation(() => OpenBreakerPayload, { description: "Operators: no process calls this neighbour until somebody resets its breaker." })
  async openBreaker(@Arg("input", () => OpenBreakerInput) input: OpenBreakerInput, @Ctx() context: RequestContext): Promise<OpenBreakerPayload> {
    requireOperator(context);
    const command = { party: partyOf(input), reason: readWords(input.reason, "input.reason", reasonLengthMax) };
    return told(await runCommand(context, openBreaker, command, input));
  }

  @Mutation(() => ResetBreakerPayload, { description: "Operators: closes a neighbour's breaker, whatever was seen, and ends a pause that it asked for." })
  async resetBreaker(@Arg("input", () => ResetBreakerInput) input: ResetBreakerInput, @Ctx() context: RequestContext): Promise<ResetBreakerPayload> {
    requireOperator(context);
    return told(await runCommand(context, resetBreaker, { party: partyOf(input) }, input));
  }

  @Mutation(() => SetBreakerDryRunPayload, { description: "Operators: whether a neighbour's breaker only judges and tells. One that is held open by hand holds calls back all the same." })
  async setBreakerDryRun(@Arg("input", () => SetBreakerDryRunInput) input: SetBreakerDryRunInput, @Ctx() context: RequestContext): Promise<SetBreakerDryRunPayload> {
    requireOperator(context);
    return told(await runCommand(context, setBreakerDryRun, { party: partyOf(input), dryRun: input.on }, input));
  }
}

function partyOf({ party }: BreakerInput): string {
  return readText(party, "input.party", partyLengthMax);
}

function told<Result extends { readonly answer: BreakerAnswer | null }>({ answer, ...result }: Result) {
  return { ...result, state: answer?.state ?? null, dryRun: answer?.dryRun ?? null };
}
