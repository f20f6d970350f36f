import { Arg, Ctx, FieldResolver, ID, Int, Query, Resolver, Root, Subscription, type SubscribeResolverData } from "type-graphql";
import { SystemError } from "../../platform/errors.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { OrderType } from "../orders/order.type.js";
import { orderOfToken, trackingTokenOf } from "./public-tracking.link.js";
import { publicTrackingType, PublicTrackingType } from "./public-tracking.type.js";
import { readTracked, trackedOrders, trackedVersion } from "./tracking.rows.js";

interface PublicTrackingArgs {
  readonly token: string;
  readonly after?: number | null;
}

/** The token says all: nobody has to sign in. Whatever we did not make is answered alike, so that nobody learns how near a guess was. */
@Resolver(() => OrderType)
export class PublicTrackingResolver {
  @FieldResolver(() => ID, { description: "Opens `publicTracking` to whoever has it: for a link that the buyer may pass on." })
  trackingToken(@Root() { row }: OrderType, @Ctx() { settings }: RequestContext): string {
    return trackingTokenOf(settings, row.orderId);
  }

  @Query(() => PublicTrackingType, { nullable: true, description: "Where an order's parcels are; null where the token opens nothing." })
  async publicTracking(@Arg("token", () => ID) token: string, @Ctx() context: RequestContext): Promise<PublicTrackingType | null> {
    const orderId = orderOfToken(context.settings, token);
    if (orderId === null) return null;
    const order = (await readTracked(context.readNode(), [orderId])).get(orderId);
    return order ? publicTrackingType(order) : null;
  }

  @Subscription(() => PublicTrackingType, { description: "An order's parcels: as they are, then every news.", subscribe: follow })
  publicTrackingUpdates(
    @Root() tracking: PublicTrackingType,
    @Arg("token", () => ID) _token: string,
    @Arg("after", () => Int, { nullable: true, description: "The `version` seen last: only later ones come." }) _after: number | null,
  ): PublicTrackingType {
    return tracking;
  }
}

function follow({ args: { token, after }, context }: SubscribeResolverData<unknown, PublicTrackingArgs, RequestContext>): AsyncIterable<PublicTrackingType> {
  const orderId = orderOfToken(context.settings, token);
  if (orderId === null) throw new SystemError("NOT_FOUND", "This link opens nothing.");
  return trackedOrders(context).follow(orderId, { after: after ?? 0, versionOf: trackedVersion, valueOf: publicTrackingType });
}
