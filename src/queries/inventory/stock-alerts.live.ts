import { Arg, Ctx, Field, FieldResolver, Int, ObjectType, Resolver, Root, Subscription, type SubscribeResolverData } from "type-graphql";
import type { StockRanLow, StockRanOut } from "../../events/inventory.js";
import type { RecordedEvent } from "../../kernel/event.js";
import { requireOperator } from "../../platform/auth/access.js";
import { FeedPageType } from "../../platform/graphql/feed-page.type.js";
import { readText } from "../../platform/graphql/input-text.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { liveFeed, type FeedPage } from "../../platform/live/live-feed.js";
import { readRows } from "../../platform/projector/read-rows.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import { stockAlertsChannel, stockLevel, type StockLevelRow } from "../../projections/inventory/stock-level.projection.js";
import { stockLevelTable } from "../../projections/inventory/stock-level.table.js";
import { productLoader } from "../catalog/product.loader.js";
import { productType, ProductType } from "../catalog/product.type.js";

const snapshotSize = 100;
const cursorLengthMax = 30;

type StockAlertLevel = "LOW" | "OUT";
const StockAlertLevelEnum = wordEnum<StockAlertLevel>("StockAlertLevel", { LOW: "No more than the product's threshold are available.", OUT: "None is available." });

@ObjectType("StockAlert", { simpleResolvers: true, description: "A product has run low or out. Told again only after there was plenty of it." })
class StockAlertType {
  @Field(() => String) sku!: string;
  @Field(() => StockAlertLevelEnum) level!: StockAlertLevel;
  @Field(() => Int, { description: "At that moment." }) available!: number;
  @Field(() => DateTime, { nullable: true }) at!: string | null;
}

@ObjectType("StockAlertsPage", { simpleResolvers: true })
class StockAlertsPage extends FeedPageType {
  @Cost({ size: snapshotSize })
  @Field(() => [StockAlertType], { description: "In a tail what ran low or out; in a snapshot the 100 products that changed last of those that are low or out." })
  alerts!: readonly StockAlertType[];
}

@Resolver(() => StockAlertType)
export class StockAlertsLive {
  @Subscription(() => StockAlertsPage, { description: "Operators: products that run low (see `watchStock`) or out.", subscribe: follow })
  stockAlerts(
    @Root() { values: alerts, ...page }: FeedPage<StockAlertType>,
    @Arg("after", () => String, { nullable: true, description: "The `cursor` seen last." }) _after: string | null,
  ): StockAlertsPage {
    return { ...page, alerts };
  }

  @Cost({ weight: 3 })
  @FieldResolver(() => ProductType, { nullable: true })
  async product(@Root() { sku }: StockAlertType, @Ctx() context: RequestContext): Promise<ProductType | null> {
    const row = await productLoader(context).load(sku);
    return row && productType(row);
  }
}

function follow({ args, context }: SubscribeResolverData<unknown, { readonly after?: string | null }, RequestContext>): AsyncIterable<FeedPage<StockAlertType>> {
  requireOperator(context);
  return liveFeed<StockAlertType>({
    live: context.live, node: () => context.readNode(), channel: stockAlertsChannel,
    after: args.after === null || args.after === undefined ? null : readText(args.after, "after", cursorLengthMax),
    types: ["StockRanLow", "StockRanOut"], projections: [stockLevel.name], refreshMs: context.settings.LIVE_REFRESH_MS,
    snapshot: async () => {
      const rest = "WHERE version > 0 AND on_hand - reserved <= coalesce(low_at, 0) ORDER BY updated_at DESC, sku LIMIT $1";
      return (await readRows<StockLevelRow>(context.readNode(), stockLevelTable, "stock_low", rest, [snapshotSize])).map(standing);
    },
    tail: async (events) => (events as readonly RecordedEvent<StockRanLow | StockRanOut>[]).map(told),
  });
}

function standing({ sku, onHand, reserved, updatedAt: at }: StockLevelRow): StockAlertType {
  const available = onHand - reserved;
  return { sku, level: available === 0 ? "OUT" : "LOW", available, at };
}

function told({ event, recordedAt: at }: RecordedEvent<StockRanLow | StockRanOut>): StockAlertType {
  return event.type === "StockRanLow" ? { sku: event.sku, level: "LOW", available: event.available, at } : { sku: event.sku, level: "OUT", available: 0, at };
}
