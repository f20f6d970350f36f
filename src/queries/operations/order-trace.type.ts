import { Field, ID, Int, ObjectType } from "type-graphql";
import { DateTime } from "../../platform/graphql/scalars.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";

export type TraceEntryKind = "EVENT" | "ATTEMPT" | "JOB";

const TraceEntryKindEnum = wordEnum<TraceEntryKind>("OrderTraceEntryKind", {
  EVENT: "A fact, as it stands in the log.",
  ATTEMPT: "A job was tried: `outcome` is `completed`, `failed` (tried again), `deferred` (not sent, later) or `dead` (given up).",
  JOB: "A job that is not done: `outcome` is `waiting`, `retrying`, `running`, or `failed` (given up).",
});

@ObjectType("OrderTraceEntry", { simpleResolvers: true })
export class OrderTraceEntryType {
  @Field(() => TraceEntryKindEnum) kind!: TraceEntryKind;
  @Field(() => String, { description: "The event's type, or the job's queue." }) name!: string;
  @Field(() => DateTime, { description: "When it happened or began; of a job that waits, when it is due." }) at!: string;
  @Field(() => DateTime, { nullable: true, description: "When an attempt ended." }) endedAt!: string | null;
  @Field(() => String, { nullable: true, description: "Null for an event." }) outcome!: string | null;
  @Field(() => String, { nullable: true }) error!: string | null;
  @Field(() => Int, { nullable: true, description: "Of an attempt its number; of a job the attempts so far." }) attempt!: number | null;
  @Field(() => String, { nullable: true, description: "Of an event about parcels, notices and holds: what it says, in a few words." }) detail!: string | null;
  @Field(() => String, { description: "The event's or the job's own id." }) reference!: string;
  @Field(() => String, { nullable: true, description: "Of an event: who did it, e.g. `customer:ann`." }) actor!: string | null;
  @Field(() => String, { nullable: true, description: "Of an event: the stream and its version, e.g. `order-… #3`." }) stream!: string | null;
}

@ObjectType("OrderTrace", { simpleResolvers: true, description: "What happened to an order, and what is still to be done." })
export class OrderTraceType {
  @Field(() => ID) orderId!: string;
  @Cost({ size: 100 })
  @Field(() => [OrderTraceEntryType], { description: "In the order of time." }) entries!: readonly OrderTraceEntryType[];
  @Field(() => Boolean, { description: "False where the primary did not answer: jobs that are not done are missing then." }) jobsKnown!: boolean;
  @Field(() => String, { nullable: true, description: "Why they are missing." }) jobsProblem!: string | null;
  @Field(() => Boolean, { description: "True where there is more than a trace shows: 1,000 events and as many attempts." }) truncated!: boolean;
}
