import { Arg, Int, Resolver, Root, Subscription, type SubscribeResolverData } from "type-graphql";
import { requireOperator } from "../../platform/auth/access.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { liveRows } from "../../platform/live/live-rows.js";
import { breakersChannel } from "../../projections/operations/breaker-card.projection.js";
import { readBreakers } from "./courier-health.loader.js";
import { courierHealthList, CourierHealthListType } from "./courier-health.type.js";

@Resolver()
export class CourierHealthLive {
  @Subscription(() => CourierHealthListType, { description: "Operators: every breaker as it stands, then again with each change.", subscribe: follow })
  courierHealthUpdates(
    @Root() list: CourierHealthListType,
    @Arg("after", () => Int, { nullable: true, description: "The `version` seen last: only later ones come." }) _after: number | null,
  ): CourierHealthListType {
    return list;
  }
}

function follow({ args, context }: SubscribeResolverData<unknown, { readonly after?: number | null }, RequestContext>): AsyncIterable<CourierHealthListType> {
  requireOperator(context);
  return liveRows({
    live: context.live, node: () => context.readNode(), channel: breakersChannel, refreshMs: context.settings.LIVE_REFRESH_MS,
    // Version 0 is a shop that has called nobody yet: that is shown as well.
    after: args.after ?? -1,
    load: async () => {
      const [rows, nowMs] = [await readBreakers(context), Date.now()];
      const value = courierHealthList(rows, new Date(nowMs).toISOString());
      const ends = rows.flatMap(({ state, openUntil }) => (state === "open" && openUntil !== null ? [Date.parse(openUntil)] : [])).filter((endMs) => endMs > nowMs);
      return { version: value.version, value, changesAt: ends.length > 0 ? Math.min(...ends) : null };
    },
  });
}
