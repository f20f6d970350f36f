import { Arg, ID, Int, Resolver, Root, Subscription, type SubscribeResolverData } from "type-graphql";
import { requireActor } from "../../platform/auth/access.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { liveRows } from "../../platform/live/live-rows.js";
import { readOrder, requireOrder } from "./order.loader.js";
import { orderIds, orderType, OrderType } from "./order.type.js";

interface OrderUpdatesArgs {
  readonly orderId: string;
  readonly after?: number | null;
}

@Resolver()
export class OrderLive {
  @Subscription(() => OrderType, { description: "An order: as it is, then every change.", subscribe: follow })
  orderUpdates(
    @Root() order: OrderType,
    @Arg("orderId", () => ID) _orderId: string,
    @Arg("after", () => Int, { nullable: true, description: "The `version` seen last: only later ones come." }) _after: number | null,
  ): OrderType {
    return order;
  }
}

async function follow({ args, context }: SubscribeResolverData<unknown, OrderUpdatesArgs, RequestContext>): Promise<AsyncIterable<OrderType>> {
  const actor = requireActor(context);
  const orderId = orderIds.read(args.orderId, "orderId");
  // Whose order it is never changes: asked once, when the following begins.
  await requireOrder(context, actor, orderId);
  return liveRows({
    live: context.live, node: () => context.readNode(), channel: `order:${orderId}`,
    after: args.after ?? 0, refreshMs: context.settings.LIVE_REFRESH_MS,
    load: async () => {
      const row = await readOrder(context, orderId);
      return row && { version: row.version, value: orderType(row) };
    },
  });
}
