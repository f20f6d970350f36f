import { Arg, Ctx, Field, Float, ID, Int, ObjectType, Query, Resolver } from "type-graphql";
import { requireOperator } from "../../platform/auth/access.js";
import { askPrimary } from "../../platform/dead-letters/ask-primary.js";
import { SystemError } from "../../platform/errors.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { readRows } from "../../platform/projector/read-rows.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import type { UnknownCodeRow } from "../../projections/shipping/unknown-code.projection.js";
import { unknownCodeTable } from "../../projections/shipping/unknown-code.table.js";
import { orderIds } from "../orders/order.type.js";
import { shipmentIds } from "./shipment.type.js";

const firstMax = 100;

@ObjectType("UnknownTrackingCode", { simpleResolvers: true, description: "A courier's word that has no meaning here." })
class UnknownTrackingCodeType {
  @Field(() => String) courier!: string;
  @Field(() => String, { description: "As it came." }) rawCode!: string;
  @Field(() => Float, { description: "How often it was told." }) times!: number;
  @Field(() => DateTime) firstSeenAt!: string;
  @Field(() => DateTime) lastSeenAt!: string;
  @Field(() => ID, { description: "A parcel of which it was told." }) shipmentId!: string;
  @Field(() => ID) orderId!: string;
}

@ObjectType("StrayTrackingCode", { simpleResolvers: true, description: "A parcel that a courier told of and that is none of ours." })
class StrayTrackingCodeType {
  @Field(() => String) courier!: string;
  @Field(() => String) trackingCode!: string;
  @Field(() => Float, { description: "News that was set aside." }) times!: number;
  @Field(() => DateTime) firstSeenAt!: string;
  @Field(() => DateTime) lastSeenAt!: string;
}

interface StrayRow {
  readonly code: string;
  readonly times: number;
  readonly first_at: Date;
  readonly last_at: Date;
}

@Resolver()
export class UnknownCodeResolver {
  @Cost({ weight: 5, size: 20 })
  @Query(() => [UnknownTrackingCodeType], { description: "Operators: couriers' words that nobody has given a meaning, those heard last first." })
  async unknownTrackingCodes(
    @Arg("first", () => Int, { defaultValue: 50, description: `How many, 1 to ${firstMax}.` }) first: number, @Ctx() context: RequestContext,
  ): Promise<readonly UnknownTrackingCodeType[]> {
    requireOperator(context);
    const rows = await readRows<UnknownCodeRow>(context.readNode(), unknownCodeTable, "codes_unknown", "ORDER BY last_seen_at DESC, code LIMIT $1", [readFirst(first)]);
    return rows.map(({ courierId, shipmentId, orderId, ...row }) => ({ ...row, courier: courierId, shipmentId: shipmentIds.encode(shipmentId), orderId: orderIds.encode(orderId) }));
  }

  @Cost({ weight: 5, size: 20 })
  @Query(() => [StrayTrackingCodeType], { description: "Operators: parcels that couriers told of in the last 30 days and that are none of ours, those heard of last first." })
  async strayTrackingCodes(
    @Arg("first", () => Int, { defaultValue: 50, description: `How many, 1 to ${firstMax}.` }) first: number, @Ctx() context: RequestContext,
  ): Promise<readonly StrayTrackingCodeType[]> {
    requireOperator(context);
    const rows = await askPrimary(context.primary).query<StrayRow>(
      "SELECT code, times::float8 AS times, first_at, last_at FROM stray_news ORDER BY last_at DESC, code LIMIT $1", [readFirst(first)]);
    return rows.map(({ code, times, first_at, last_at }) => {
      const slash = code.indexOf("/");
      return { courier: code.slice(0, slash), trackingCode: code.slice(slash + 1), times, firstSeenAt: first_at.toISOString(), lastSeenAt: last_at.toISOString() };
    });
  }
}

function readFirst(first: number): number {
  if (first < 1 || first > firstMax) throw new SystemError("BAD_USER_INPUT", `first: must be 1 to ${String(firstMax)}, found ${String(first)}.`);
  return first;
}
