import { Field, Float, ID, Int, ObjectType } from "type-graphql";
import type { BreakerState, Considered, Deadline, LossReason, Weights } from "../../events/courier-decisions.js";
import { MoneyType, moneyType } from "../../platform/graphql/money.type.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import type { AttemptKept, AttemptOutcome, CourierDecisionRow, DecisionKept } from "../../projections/shipping/courier-decision.projection.js";
import { BreakerStateEnum } from "../operations/courier-health.type.js";
import { shipmentIds } from "./shipment.type.js";

export const LossReasonEnum = wordEnum<LossReason>("CourierLossReason", {
  rule_never: "A rule of the shop.", too_heavy: null, too_large: null, no_cash_on_delivery: null, destination: "It does not carry there.",
  capacity_reached: "The courier's parcels of the day.", share_reached: "The courier's share of the volume.",
  breaker_open: null, breaker_probing: "Its breaker is half open, and somebody tries it already.", no_price: "It has never named a price.",
  in_doubt: "An earlier call for this parcel is not cleared up.", failed_before: "It has refused this parcel.",
  price: "It costs more.", days: "It takes longer.", lateness: "It is more often late.", failure: "It fails or loses more.", booking_failure: "Its bookings fail more.",
  promised_too_late: "Others promise to be in time.", not_tried: "Another one was tried out.", tie: null,
});

export const AttemptOutcomeEnum = wordEnum<AttemptOutcome>("CourierAttemptOutcome", {
  open: "Nobody has said yet.", booked: "It made the parcel's label.", failed: "It made none.", in_doubt: "It was given up, and may have made a label.",
  none: "It was in doubt, and made none.", surplus: "It made a label too many, which is being called off.", voided: "Its label too many was called off.",
  left: "Its label too many could not be called off any more.",
});

export const PriceSourceEnum = wordEnum<Considered["priceSource"]>("CourierPriceSource", { quoted: "Asked for this parcel.", last_known: "It did not answer: what it took the last time." });

@ObjectType("CourierExpectation", { simpleResolvers: true, description: "What was expected of a parcel given to a service." })
export class ExpectationType {
  @Field(() => Float, { description: "That the booking fails, 0 to 1." }) bookingFailure!: number;
  @Field(() => Float, { description: "That it is lost or comes back." }) failure!: number;
  @Field(() => Float, { description: "That it comes after the deadline." }) late!: number;
  @Field(() => Float, { description: "Days after the deadline; those in time count as none." }) lateDays!: number;
  @Field(() => Float, { description: "From the hand-over to the door." }) days!: number;
}

@ObjectType("CourierSampleSizes", { simpleResolvers: true, description: "How many parcels of that courier, service and region the expectation rests on, each at the weight that its age leaves it." })
export class SampleSizesType {
  @Field(() => Float) bookings!: number;
  @Field(() => Float) outcomes!: number;
}

@ObjectType("CourierCandidate", { simpleResolvers: true })
export class CourierCandidateType {
  @Field(() => String) courier!: string;
  @Field(() => String) service!: string;
  @Field(() => Int, { nullable: true, description: "1 is asked first; null where it was out." }) rank!: number | null;
  @Field(() => MoneyType, { nullable: true }) price!: MoneyType | null;
  @Field(() => PriceSourceEnum) priceSource!: Considered["priceSource"];
  @Field(() => Float, { nullable: true }) promisedDays!: number | null;
  @Field(() => BreakerStateEnum) breaker!: BreakerState;
  @Field(() => ExpectationType) expected!: ExpectationType;
  @Field(() => SampleSizesType) sampleSizes!: SampleSizesType;
  @Field(() => MoneyType, { nullable: true, description: "Expected cost of all: what candidates are ranked by." }) score!: MoneyType | null;
  @Field(() => LossReasonEnum, { nullable: true, description: "Why it was not chosen; null for the chosen one." }) lost!: LossReason | null;
}

@ObjectType("CourierWeights", { simpleResolvers: true, description: "What things cost the shop, in minor units; `price` is a factor." })
export class WeightsType implements Weights {
  @Field(() => Float) price!: number;
  @Field(() => Float) dayMinor!: number;
  @Field(() => Float) lateDayMinor!: number;
  @Field(() => Float) failureMinor!: number;
  @Field(() => Float) bookingFailureMinor!: number;
}

@ObjectType("CourierDeadline", { simpleResolvers: true })
export class DeadlineType implements Deadline {
  @Field(() => Int, { description: "Days from the hand-over." }) days!: number;
  @Field(() => Boolean, { description: "Who promises later comes behind all who keep it." }) strict!: boolean;
}

@ObjectType("CourierDecisionRound", { simpleResolvers: true, description: "One weighing of couriers for a parcel." })
export class DecisionRoundType {
  @Field(() => Int) round!: number;
  @Field(() => DateTime) decidedAt!: string;
  @Field(() => String, { description: "Country and the beginning of the postal code, e.g. `DE-1`." }) region!: string;
  @Field(() => Int) weightGrams!: number;
  @Field(() => DeadlineType, { nullable: true }) deadline!: Deadline | null;
  @Field(() => String) policy!: string;
  @Field(() => WeightsType) weights!: Weights;
  @Field(() => Float, { nullable: true, description: "Chance came from it: the decision can be made again. Null where there was none." }) seed!: number | null;
  @Field(() => String, { nullable: true, description: "`<courier>/<service>`; null where nobody was left." }) chosen!: string | null;
  @Field(() => Boolean, { description: "The chosen one was tried out, though another was expected to cost less." }) explored!: boolean;
  @Field(() => [CourierCandidateType], { description: "By rank, those that were out last." }) candidates!: readonly CourierCandidateType[];
  @Field(() => [String], { description: "Couriers that named no price in time." }) unanswered!: readonly string[];
}

@ObjectType("CourierAttempt", { simpleResolvers: true, description: "A courier was asked to take the parcel." })
export class CourierAttemptType {
  @Field(() => Int) attempt!: number;
  @Field(() => Int, { description: "The decision that it followed." }) round!: number;
  @Field(() => String) courier!: string;
  @Field(() => String, { nullable: true, description: "Null for the courier's usual one." }) service!: string | null;
  @Field(() => DateTime) attemptedAt!: string;
  @Field(() => AttemptOutcomeEnum) outcome!: AttemptOutcome;
  @Field(() => String, { nullable: true, description: "Why it failed, e.g. `timeout`." }) code!: string | null;
  @Field(() => String, { nullable: true }) message!: string | null;
  @Field(() => DateTime, { nullable: true }) endedAt!: string | null;
}

@ObjectType("CourierDecision", { simpleResolvers: true, description: "Why a parcel went where it went." })
export class CourierDecisionType {
  @Field(() => ID) shipmentId!: string;
  @Cost({ size: 3 }) @Field(() => [DecisionRoundType], { description: "The newest 20." }) decisions!: readonly DecisionRoundType[];
  @Cost({ size: 3 }) @Field(() => [CourierAttemptType], { description: "The newest 100." }) attempts!: readonly CourierAttemptType[];
}

export function courierDecisionType({ shipmentId, decisions, attempts }: CourierDecisionRow): CourierDecisionType {
  return { shipmentId: shipmentIds.encode(shipmentId), decisions: decisions.map(roundType), attempts: attempts.map(attemptType) };
}

function roundType({ chosen, candidates, currency, ...shown }: DecisionKept): DecisionRoundType {
  return {
    ...shown, chosen: chosen && `${chosen.courierId}/${chosen.service}`,
    candidates: candidates.map(({ courierId: courier, priceMinor, scoreMinor, ...told }) => (
      { ...told, courier, price: moneyOf(priceMinor, currency), score: moneyOf(scoreMinor, currency) }
    )),
  };
}

function attemptType({ courierId: courier, ...shown }: AttemptKept): CourierAttemptType {
  return { ...shown, courier };
}

function moneyOf(amountMinor: number | null, currency: string): MoneyType | null {
  return amountMinor === null ? null : moneyType(amountMinor, currency);
}
