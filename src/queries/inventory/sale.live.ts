import { Arg, ID, Resolver, Root, Subscription, type SubscribeResolverData } from "type-graphql";
import { SystemError } from "../../platform/errors.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { awaitRow } from "../../platform/live/await-row.js";
import { liveRows } from "../../platform/live/live-rows.js";
import { readRows } from "../../platform/projector/read-rows.js";
import type { SaleCardRow } from "../../projections/inventory/sale-card.projection.js";
import { saleCardTable } from "../../projections/inventory/sale-card.table.js";
import type { SaleLevelRow } from "../../projections/inventory/sale-level.projection.js";
import { saleLevelTable } from "../../projections/inventory/sale-level.table.js";
import { saleChangesAt, saleIds, saleType, SaleType } from "./sale.type.js";

@Resolver()
export class SaleLive {
  @Subscription(() => SaleType, {
    description: "A sale: as it is, then its changes, also when it begins and ends; under load several come as one, and the last one always comes.", subscribe: follow,
  })
  saleUpdates(@Root() sale: SaleType, @Arg("saleId", () => ID) _saleId: string): SaleType {
    return sale;
  }
}

async function follow({ args, context }: SubscribeResolverData<unknown, { readonly saleId: string }, RequestContext>): Promise<AsyncIterable<SaleType>> {
  const saleId = saleIds.read(args.saleId, "saleId");
  const { live, settings } = context;
  const node = () => context.readNode();
  const channel = `sale:${saleId}`;
  const load = () => readSale(context, saleId);
  const there = await awaitRow({ live, node, channel, timeoutMs: settings.POSITION_WAIT_MS, load });
  if (!there) throw new SystemError("NOT_FOUND", "There is no such sale.");
  return liveRows({
    live, node, channel, refreshMs: settings.LIVE_REFRESH_MS, minIntervalMs: settings.STOCK_PUSH_MS,
    load: async () => {
      const found = await load();
      if (!found) return null;
      const now = Date.now();
      const value = saleType(found.card, found.level, now);
      return { version: value.version, value, changesAt: saleChangesAt(found.card, now) };
    },
  });
}

/** Past the request's memory: live updates read it again and again. */
async function readSale(context: Pick<RequestContext, "readNode">, saleId: string): Promise<{ readonly card: SaleCardRow; readonly level: SaleLevelRow | null } | null> {
  const node = context.readNode();
  const [[card], [level]] = await Promise.all([
    readRows<SaleCardRow>(node, saleCardTable, "sale_by_id", "WHERE sale_id = $1", [saleId]),
    readRows<SaleLevelRow>(node, saleLevelTable, "sale_level_by_id", "WHERE sale_id = $1", [saleId]),
  ]);
  return card ? { card, level: level ?? null } : null;
}
