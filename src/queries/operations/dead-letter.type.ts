import { Field, ID, Int, ObjectType } from "type-graphql";
import { deadLetterIds } from "../../platform/dead-letters/letter-id.js";
import type { DeadLetter } from "../../platform/dead-letters/dead-letter.js";
import { maskText } from "../../platform/dead-letters/mask.js";
import { connectionType } from "../../platform/graphql/connection.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";

@ObjectType("DeadLetter", { simpleResolvers: true, description: "A job that failed for good." })
export class DeadLetterType {
  @Field(() => ID) id!: string;
  @Field(() => String, { description: "The queue whose job it was." }) queue!: string;
  @Field(() => String, { description: "The job's own id, under which its attempts stand." }) jobId!: string;
  @Field(() => String, { nullable: true, description: "What the job belongs to: an order's own id, or a command's. Null for webhooks and wake-ups." }) correlationId!: string | null;
  @Field(() => Int, { description: "Attempts since it was created or redriven." }) attempts!: number;
  @Field(() => String, { nullable: true, description: "Of the last attempt." }) error!: string | null;
  @Field(() => DateTime) createdAt!: string;
  @Field(() => DateTime) diedAt!: string;
}

export const DeadLetterConnection = connectionType("DeadLetter", () => DeadLetterType);

@ObjectType("DeadLetterEvent", { simpleResolvers: true, description: "What the job was about." })
export class DeadLetterEventType {
  @Field(() => String) id!: string;
  @Field(() => String) type!: string;
  @Field(() => String) streamId!: string;
  @Field(() => Int) version!: number;
  @Field(() => String) actor!: string;
  @Field(() => DateTime) recordedAt!: string;
}

@ObjectType("DeadLetterHeader", { simpleResolvers: true })
export class DeadLetterHeaderType {
  @Field(() => String) name!: string;
  @Field(() => String, { description: "Masked, unless the header is known to be harmless." }) value!: string;
}

@ObjectType("DeadLetterWebhook", { simpleResolvers: true })
export class DeadLetterWebhookType {
  @Field(() => String) provider!: string;
  @Field(() => String, { description: "As the provider calls it." }) eventId!: string;
  @Field(() => DateTime) receivedAt!: string;
  @Cost({ size: 20 }) @Field(() => [DeadLetterHeaderType]) headers!: readonly DeadLetterHeaderType[];
  @Field(() => String, { description: "Its shape; words and numbers only under names that are known to be harmless." }) body!: string;
}

@ObjectType("DeadLetterAttempt", { simpleResolvers: true })
export class DeadLetterAttemptType {
  @Field(() => Int, { description: "Begins with 1 again when the job is redriven." }) attempt!: number;
  @Field(() => String, { description: "`completed`, `failed` (tried again), `deferred` (not sent, later) or `dead` (given up)." }) outcome!: string;
  @Field(() => String, { nullable: true }) error!: string | null;
  @Field(() => DateTime) startedAt!: string;
  @Field(() => DateTime) endedAt!: string;
}

@ObjectType("DeadLetterFate", { simpleResolvers: true, description: "What was done with a letter of this job before." })
export class DeadLetterFateType {
  @Field(() => String, { description: "`DeadLetterRedriven` or `DeadLetterDiscarded`." }) type!: string;
  @Field(() => ID) deadLetterId!: string;
  @Field(() => String) by!: string;
  @Field(() => String, { nullable: true }) reason!: string | null;
  @Field(() => DateTime) at!: string;
}

@ObjectType("DeadLetterDetails", { simpleResolvers: true })
export class DeadLetterDetailsType extends DeadLetterType {
  @Field(() => ID, { nullable: true, description: "The order that the job belongs to." }) orderId!: string | null;
  @Field(() => String, { description: "The job's data, as JSON." }) payload!: string;
  @Field(() => DeadLetterEventType, { nullable: true }) event!: DeadLetterEventType | null;
  @Field(() => DeadLetterWebhookType, { nullable: true, description: "Null where the job is not a webhook's, or the inbox no longer has it." }) webhook!: DeadLetterWebhookType | null;
  @Field(() => String, { nullable: true, description: "Of the trace that the event's request belongs to." }) traceId!: string | null;
  @Cost({ size: 50 })
  @Field(() => [DeadLetterAttemptType], { description: "The newest 500, in the order of time, with those before it was redriven." }) history!: readonly DeadLetterAttemptType[];
  @Cost({ size: 5 }) @Field(() => [DeadLetterFateType], { description: "In the order of time." }) fates!: readonly DeadLetterFateType[];
}

export function deadLetterType({ id, queue, jobId, correlationId, attempts, error, createdAt, diedAt }: Omit<DeadLetter, "data">): DeadLetterType {
  return { id: deadLetterIds.encode(id), queue, jobId, correlationId, attempts, error: error === null ? null : maskText(error), createdAt, diedAt };
}
