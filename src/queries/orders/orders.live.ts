import { Arg, Field, ObjectType, Resolver, Root, Subscription, type SubscribeResolverData } from "type-graphql";
import type { OrderEvent } from "../../events/orders.js";
import type { RecordedEvent } from "../../kernel/event.js";
import { requireOperator } from "../../platform/auth/access.js";
import { FeedPageType } from "../../platform/graphql/feed-page.type.js";
import { readText } from "../../platform/graphql/input-text.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { liveFeed, type FeedPage } from "../../platform/live/live-feed.js";
import { readRows } from "../../platform/projector/read-rows.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import { orderCard, type OrderCardRow } from "../../projections/orders/order-card.projection.js";
import { orderCardTable } from "../../projections/orders/order-card.table.js";
import { orderType, OrderType } from "./order.type.js";
import { readOrdersPage } from "./orders-page.js";

const snapshotSize = 50;
const cursorLengthMax = 30;

@ObjectType("LiveOrdersPage", { simpleResolvers: true })
class LiveOrdersPage extends FeedPageType {
  @Cost({ size: snapshotSize })
  @Field(() => [OrderType], { description: "In a tail each order that changed, as it is now; in a snapshot the newest 50." })
  orders!: readonly OrderType[];
}

@Resolver()
export class OrdersLive {
  @Subscription(() => LiveOrdersPage, { description: "Operators: all orders as they come and change.", subscribe: follow })
  liveOrders(
    @Root() { values: orders, ...page }: FeedPage<OrderType>,
    @Arg("after", () => String, { nullable: true, description: "The `cursor` seen last." }) _after: string | null,
  ): LiveOrdersPage {
    return { ...page, orders };
  }
}

function follow({ args, context }: SubscribeResolverData<unknown, { readonly after?: string | null }, RequestContext>): AsyncIterable<FeedPage<OrderType>> {
  requireOperator(context);
  return liveFeed<OrderType>({
    live: context.live, node: () => context.readNode(), channel: "orders",
    after: args.after === null || args.after === undefined ? null : readText(args.after, "after", cursorLengthMax),
    types: Object.keys(orderCard.on), projections: [orderCard.name], refreshMs: context.settings.LIVE_REFRESH_MS,
    snapshot: async () => {
      const everything = { customerId: null, status: null, placedFrom: null, placedTo: null };
      const rows = await readOrdersPage(context.readNode(), everything, { limit: snapshotSize, backward: false, cursor: null });
      return rows.slice(0, snapshotSize).map(orderType);
    },
    tail: (events) => readChanged(context, events as readonly RecordedEvent<OrderEvent>[]),
  });
}

/** An order that changed several times within the page stands where it changed last. */
async function readChanged(context: RequestContext, events: readonly RecordedEvent<OrderEvent>[]): Promise<readonly OrderType[]> {
  const lastFirst = new Set(events.map(({ event }) => event.orderId).reverse());
  const ids = [...lastFirst].reverse();
  const rows = await readRows<OrderCardRow>(context.readNode(), orderCardTable, "orders_by_id", "WHERE order_id = ANY($1::text[])", [ids]);
  const byId = new Map(rows.map((row) => [row.orderId, row]));
  return ids.flatMap((id) => byId.get(id) ?? []).map(orderType);
}
