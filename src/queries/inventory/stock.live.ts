import { Arg, Int, Resolver, Root, Subscription, type SubscribeResolverData } from "type-graphql";
import { SystemError } from "../../platform/errors.js";
import { readText } from "../../platform/graphql/input-text.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { awaitRow } from "../../platform/live/await-row.js";
import { liveRows } from "../../platform/live/live-rows.js";
import { readRows } from "../../platform/projector/read-rows.js";
import { productCardTable } from "../../projections/catalog/product-card.table.js";
import type { StockLevelRow } from "../../projections/inventory/stock-level.projection.js";
import { stockLevelTable } from "../../projections/inventory/stock-level.table.js";
import { noStock, stockLevelType, StockLevelType } from "./stock.type.js";
import { withNumberedUnits } from "./unit.loader.js";

const skuLengthMax = 200;

interface StockUpdatesArgs {
  readonly sku: string;
  readonly after?: number | null;
}

@Resolver()
export class StockLive {
  @Subscription(() => StockLevelType, { description: "A product's stock: as it is, then its changes; under load several come as one, and the last one always comes.", subscribe: follow })
  stockUpdates(
    @Root() level: StockLevelType,
    @Arg("sku", () => String) _sku: string,
    @Arg("after", () => Int, { nullable: true, description: "The `version` seen last: only later ones come." }) _after: number | null,
  ): StockLevelType {
    return level;
  }
}

async function follow({ args, context }: SubscribeResolverData<unknown, StockUpdatesArgs, RequestContext>): Promise<AsyncIterable<StockLevelType>> {
  const sku = readText(args.sku, "sku", skuLengthMax);
  const { live, settings } = context;
  const node = () => context.readNode();
  const product = await awaitRow({
    live, node, channel: `product:${sku}`, timeoutMs: settings.POSITION_WAIT_MS,
    load: async () => (await readRows(node(), productCardTable, "product_by_sku", "WHERE sku = $1", [sku]))[0] ?? null,
  });
  if (!product) throw new SystemError("NOT_FOUND", "There is no such product.");
  return liveRows({
    live, node, channel: `stock:${sku}`, refreshMs: settings.LIVE_REFRESH_MS, minIntervalMs: settings.STOCK_PUSH_MS,
    // Version 0 is a product of which nothing has come in yet: it is shown as well.
    after: args.after ?? -1,
    load: async () => {
      const [row] = await readRows<StockLevelRow>(node(), stockLevelTable, "stock_by_sku", "WHERE sku = $1", [sku]);
      const value = await withNumberedUnits(node(), row ? stockLevelType(row) : noStock(sku));
      return { version: value.version, value };
    },
  });
}
