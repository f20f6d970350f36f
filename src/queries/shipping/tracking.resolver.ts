import { Arg, Ctx, ID, Int, Query, Resolver, Root, Subscription, type SubscribeResolverData } from "type-graphql";
import { requireActor } from "../../platform/auth/access.js";
import { awaitPosition } from "../../platform/http/await-position.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { Essential } from "../../platform/overload/importance.js";
import { readOrder, requireOrder, visibleTo } from "../orders/order.loader.js";
import { orderIds } from "../orders/order.type.js";
import { parcelsVersion, readParcels, trackedOrders } from "./tracking.rows.js";
import { trackingType, TrackingType } from "./tracking.type.js";

const projections = ["order_card", "shipment_card"] as const;

interface TrackingUpdatesArgs {
  readonly orderId: string;
  readonly after?: number | null;
}

@Resolver()
export class TrackingResolver {
  @Essential()
  @Query(() => TrackingType, { nullable: true, description: "Where an order's parcels are; null where there is no such order, or where it is another customer's." })
  async tracking(
    @Arg("orderId", () => ID) id: string, @Arg("position", () => String, { nullable: true }) position: string | null, @Ctx() context: RequestContext,
  ): Promise<TrackingType | null> {
    const actor = requireActor(context);
    const orderId = orderIds.read(id, "orderId");
    await awaitPosition(context, position, projections);
    const order = visibleTo(actor, await readOrder(context, orderId));
    return order && readTracking(context, orderId);
  }

  @Subscription(() => TrackingType, { description: "An order's parcels: as they are, then every news.", subscribe: follow })
  trackingUpdates(
    @Root() tracking: TrackingType,
    @Arg("orderId", () => ID) _orderId: string,
    @Arg("after", () => Int, { nullable: true, description: "The `version` seen last: only later ones come." }) _after: number | null,
  ): TrackingType {
    return tracking;
  }
}

async function follow({ args, context }: SubscribeResolverData<unknown, TrackingUpdatesArgs, RequestContext>): Promise<AsyncIterable<TrackingType>> {
  const actor = requireActor(context);
  const orderId = orderIds.read(args.orderId, "orderId");
  await requireOrder(context, actor, orderId);
  return trackedOrders(context).follow(orderId, {
    // Version 0 is an order without parcels: it is shown as well.
    after: args.after ?? -1,
    versionOf: ({ parcels }) => parcelsVersion(parcels),
    valueOf: ({ parcels }) => trackingType(orderId, parcels),
  });
}

async function readTracking(context: RequestContext, orderId: string): Promise<TrackingType> {
  return trackingType(orderId, await readParcels(context.readNode(), [orderId]));
}
