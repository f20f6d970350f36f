import { Field, Float, Int, ObjectType } from "type-graphql";
import type { BreakerState } from "../../events/breakers.js";
import { stateAt } from "../../kernel/breaker.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import type { BreakerCardRow } from "../../projections/operations/breaker-card.projection.js";

/** In the order and the words of the mutations: the same name is one enum. */
export const BreakerStateEnum = wordEnum<BreakerState>("BreakerState", {
  closed: "Calls go out.", half_open: "A few calls try it.", open: "It is not called for a while.", held_open: "By hand: it is not called until somebody resets it.",
});

@ObjectType("CourierHealth", { simpleResolvers: true, description: "A neighbour's breaker: of a courier, or of the payment provider." })
export class CourierHealthType {
  @Field(() => String, { description: "The courier's id, or the payment provider's name: `openBreaker` wants it." }) party!: string;
  @Field(() => BreakerStateEnum) state!: BreakerState;
  @Field(() => DateTime, { description: "Since when it is closed, down (failed probes included), or held." }) since!: string;
  @Field(() => DateTime, { nullable: true, description: "Nobody tries it before." }) openUntil!: string | null;
  @Field(() => Boolean, { description: "It judges and tells, and lets every call through." }) dryRun!: boolean;
  @Field(() => Float, { nullable: true, description: "From 0 to 1, in the window that last opened it." }) failureRate!: number | null;
  @Field(() => Int, { nullable: true, description: "Calls in that window." }) calls!: number | null;
  @Field(() => Int, { description: "How often it opened since it was last closed." }) openings!: number;
  @Field(() => String, { nullable: true, description: "Of the last change." }) reason!: string | null;
  @Field(() => String, { nullable: true, description: "The operator who made the last change; null where the breaker did." }) changedBy!: string | null;
}

@ObjectType("CourierHealthList", { simpleResolvers: true })
export class CourierHealthListType {
  @Field(() => Int, { description: "Grows with every change: `after` of `courierHealthUpdates`." }) version!: number;
  @Cost({ size: 10 }) @Field(() => [CourierHealthType], { description: "By name." }) couriers!: readonly CourierHealthType[];
}

/** @param now RFC 3339: who has been open for long enough is half open, though nobody may have tried it yet */
export function courierHealthList(rows: readonly BreakerCardRow[], now: string): CourierHealthListType {
  // Each row's version grows, so their sum does, on every node alike.
  return { version: rows.reduce((sum, { version }) => sum + version, 0), couriers: rows.map((row) => ({ ...row, state: stateAt(row, now) })) };
}
