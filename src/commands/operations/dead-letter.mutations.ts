import { Arg, Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from "type-graphql";
import { requireOperator } from "../../platform/auth/access.js";
import { identifyLetter } from "../../platform/dead-letters/identify-letter.js";
import { deadLetterIds } from "../../platform/dead-letters/letter-id.js";
import { IdempotentInput } from "../../platform/graphql/idempotent-input.js";
import { readText, readWords } from "../../platform/graphql/input-text.js";
import { mutationPayload } from "../../platform/graphql/mutation-payload.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { runCommand } from "../../platform/http/run-command.js";
import { discardDeadLetter, redriveDeadLetter, type LetterChoice } from "./dead-letter-move.js";
import { redriveDeadLetters } from "./dead-letter-redrive.js";

const reasonLengthMax = 500;
const queueLengthMax = 200;
const unknown = { DEAD_LETTER_UNKNOWN: "There is no such dead letter." };

@InputType()
class RedriveDeadLetterInput extends IdempotentInput {
  @Field(() => ID) deadLetterId!: string;
}

@InputType()
class RedriveDeadLettersInput extends IdempotentInput {
  @Field(() => String, { description: "The queue whose jobs failed, e.g. `payments.charge`." }) queue!: string;
}

@InputType()
class DiscardDeadLetterInput extends IdempotentInput {
  @Field(() => ID) deadLetterId!: string;
  @Field(() => String, { description: "For whoever looks for the job later." }) reason!: string;
}

@ObjectType({ simpleResolvers: true })
class RedriveDeadLetterPayload extends mutationPayload("RedriveDeadLetter", {
  ...unknown, DEAD_LETTER_GONE: "It was discarded.", REDRIVE_BLOCKED: "Its queue cannot take it: the message says why.",
}) {
  @Field(() => String, { nullable: true, description: "The job that waits in its queue again, as it was called before." }) jobId!: string | null;
  @Field(() => String, { nullable: true }) queue!: string | null;
}

@ObjectType({ simpleResolvers: true })
class RedriveDeadLettersPayload extends mutationPayload("RedriveDeadLetters", { QUEUE_UNKNOWN: "There is no such queue." }) {
  @Field(() => String, { nullable: true, description: "It is under way: a job puts back what had died by now, oldest first." }) queue!: string | null;
}

@ObjectType({ simpleResolvers: true })
class DiscardDeadLetterPayload extends mutationPayload("DiscardDeadLetter", {
  ...unknown, DEAD_LETTER_GONE: "Its job was put into its queue again.", NO_REASON: "Say why: whoever looks for the job later will ask.",
}) {
  @Field(() => String, { nullable: true }) jobId!: string | null;
  @Field(() => String, { nullable: true }) queue!: string | null;
}

@Resolver()
export class DeadLetterMutations {
  @Mutation(() => RedriveDeadLetterPayload, { description: "Operators: puts a job that failed for good into its queue again, with fresh attempts." })
  async redriveDeadLetter(@Arg("input", () => RedriveDeadLetterInput) input: RedriveDeadLetterInput, @Ctx() context: RequestContext): Promise<RedriveDeadLetterPayload> {
    requireOperator(context);
    const { answer, ...result } = await runCommand(context, redriveDeadLetter, await chosen(context, input.deadLetterId), input);
    return { ...result, jobId: answer?.jobId ?? null, queue: answer?.queue ?? null };
  }

  @Mutation(() => RedriveDeadLettersPayload, { description: "Operators: the same with all that have failed for good in a queue by now." })
  async redriveDeadLetters(@Arg("input", () => RedriveDeadLettersInput) input: RedriveDeadLettersInput, @Ctx() context: RequestContext): Promise<RedriveDeadLettersPayload> {
    requireOperator(context);
    const { answer, ...result } = await runCommand(context, redriveDeadLetters, { queue: readText(input.queue, "input.queue", queueLengthMax) }, input);
    return { ...result, queue: answer?.queue ?? null };
  }

  @Mutation(() => DiscardDeadLetterPayload, { description: "Operators: a job that failed for good will never be done. Its events and attempts stay." })
  async discardDeadLetter(@Arg("input", () => DiscardDeadLetterInput) input: DiscardDeadLetterInput, @Ctx() context: RequestContext): Promise<DiscardDeadLetterPayload> {
    requireOperator(context);
    const reason = readWords(input.reason, "input.reason", reasonLengthMax);
    const { answer, ...result } = await runCommand(context, discardDeadLetter, { ...await chosen(context, input.deadLetterId), reason }, input);
    return { ...result, jobId: answer?.jobId ?? null, queue: answer?.queue ?? null };
  }
}

async function chosen({ primary }: RequestContext, id: string): Promise<LetterChoice> {
  const deadLetterId = deadLetterIds.read(id, "input.deadLetterId");
  return { deadLetterId, correlationId: await identifyLetter(primary, deadLetterId) };
}
