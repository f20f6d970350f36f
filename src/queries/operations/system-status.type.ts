import { Field, Float, Int, ObjectType } from "type-graphql";
import type { DegradedModeSetting } from "../../events/operations.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";

const DegradedModeSettingEnum = wordEnum<DegradedModeSetting>("DegradedModeSetting", {
  AUTO: "Each process by itself, when it is pressed or no read node answers.", ON: null, OFF: "Also under pressure.",
});

@ObjectType("LaneStatus", { simpleResolvers: true, description: "A queue of commands." })
export class LaneStatusType {
  @Field(() => String) lane!: string;
  @Field(() => Int) waiting!: number;
}

@ObjectType("HotLaneStatus", { simpleResolvers: true, description: "A product that so many want that it has a lane of its own." })
export class HotLaneStatusType extends LaneStatusType {
  @Field(() => String) sku!: string;
}

@ObjectType("ShedCount", { simpleResolvers: true, description: "What was refused because of the load since the process began." })
export class ShedCountType {
  @Field(() => String) what!: string;
  @Field(() => Int) count!: number;
}

@ObjectType("SystemStatusDetails", { simpleResolvers: true, description: "Of the process that answers." })
export class SystemStatusDetailsType {
  @Field(() => DegradedModeSettingEnum) mode!: DegradedModeSetting;
  @Field(() => String, { description: "What the operator said who set the mode." }) reason!: string;
  @Field(() => Int, { description: "0 normal, 1 no optional queries, 2 essential queries only, 3 no new requests." }) level!: number;
  @Field(() => Float) eventLoopDelayMs!: number;
  @Field(() => Int) requestsInFlight!: number;
  @Field(() => [LaneStatusType]) lanes!: readonly LaneStatusType[];
  @Field(() => [HotLaneStatusType]) hotLanes!: readonly HotLaneStatusType[];
  @Field(() => [ShedCountType]) shed!: readonly ShedCountType[];
}

@ObjectType("SystemStatus", { simpleResolvers: true })
export class SystemStatusType {
  @Field(() => Boolean, { description: "Products may be a few seconds old, and what is not needed is off. Orders go on." }) degraded!: boolean;
  @Field(() => DateTime, { nullable: true }) degradedSince!: Date | null;
  @Field(() => SystemStatusDetailsType, { nullable: true, description: "For operators; null for others." }) details!: SystemStatusDetailsType | null;
}
