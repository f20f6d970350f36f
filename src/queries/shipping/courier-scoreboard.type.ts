import { Field, Float, Int, ObjectType } from "type-graphql";
import { connectionType } from "../../platform/graphql/connection.js";
import { MoneyType } from "../../platform/graphql/money.type.js";
import { DateTime } from "../../platform/graphql/scalars.js";

@ObjectType("CourierWeek", { simpleResolvers: true, description: "What a courier's service did in a region with the parcels that were booked in a week." })
export class CourierWeekType {
  @Field(() => DateTime, { description: "When the week began: Monday, UTC." }) week!: string;
  @Field(() => String) courier!: string;
  @Field(() => String, { nullable: true, description: "Null for the courier's usual one." }) service!: string | null;
  @Field(() => String, { description: "Country and the beginning of the postal code, e.g. `DE-1`." }) region!: string;
  @Field(() => Int, { description: "Labels made." }) bookings!: number;
  @Field(() => Int, { description: "Attempts to book that came to nothing; not those that never reached the courier, or whose answer we did not stay to hear." }) bookingFailures!: number;
  @Field(() => Int, { description: "Labels that were called off." }) calledOff!: number;
  @Field(() => Int) delivered!: number;
  @Field(() => Int, { description: "Parcels whose promise is to be judged: they have arrived, or should have." }) due!: number;
  @Field(() => Float, { nullable: true, description: "Of those that are due, as many arrived in time; null where none is." }) onTimePercent!: number | null;
  @Field(() => Float, { nullable: true, description: "From the label to the door, half of what was delivered; null where nothing was." }) p50Days!: number | null;
  @Field(() => Float, { nullable: true, description: "Nine of ten." }) p90Days!: number | null;
  @Field(() => MoneyType, { description: "Of the labels that were not called off, as far as the courier names its prices." }) cost!: MoneyType;
  @Field(() => Int, { description: "Parcels that came back, or are coming." }) returns!: number;
  @Field(() => Int, { description: "Parcels of which nothing was heard for so long that they count as lost." }) lost!: number;
}

export const CourierWeekConnection = connectionType("CourierWeek", () => CourierWeekType);

/** Which part of the scoreboard was asked for. */
export interface ScoreboardQuestion {
  readonly from: string;
  readonly to: string;
  readonly courier: string | null;
  readonly service: string | null;
  readonly region: string | null;
}

@ObjectType("CourierScoreboard", { description: "How couriers do, week by week; late news corrects weeks that are over." })
export class CourierScoreboardType {
  @Field(() => DateTime, { nullable: true, description: "The figures are of this moment; null before they were computed for the first time." })
  refreshedAt!: string | null;

  readonly question!: ScoreboardQuestion;
}
