import { Arg, Field, ObjectType, Resolver, Root, Subscription, type SubscribeResolverData } from "type-graphql";
import type { AlertEvent } from "../../events/operations.js";
import type { RecordedEvent } from "../../kernel/event.js";
import { requireOperator } from "../../platform/auth/access.js";
import { FeedPageType } from "../../platform/graphql/feed-page.type.js";
import { readText } from "../../platform/graphql/input-text.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { liveFeed, type FeedPage } from "../../platform/live/live-feed.js";
import { readRows } from "../../platform/projector/read-rows.js";
import { alertCard, type AlertCardRow } from "../../projections/operations/alert-card.projection.js";
import { alertCardTable } from "../../projections/operations/alert-card.table.js";
import { alertType, AlertType } from "./alert.type.js";

const snapshotSize = 100;
const cursorLengthMax = 30;

@ObjectType("AlertsPage", { simpleResolvers: true })
class AlertsPage extends FeedPageType {
  @Field(() => [AlertType], { description: "In a tail what was raised, as it is now; in a snapshot the newest 100 that are open." })
  alerts!: readonly AlertType[];
}

@Resolver()
export class AlertLive {
  @Subscription(() => AlertsPage, { description: "Operators: alerts that are open, then each that is raised.", subscribe: follow })
  alertRaised(
    @Root() { values: alerts, ...page }: FeedPage<AlertType>,
    @Arg("after", () => String, { nullable: true, description: "The `cursor` seen last." }) _after: string | null,
  ): AlertsPage {
    return { ...page, alerts };
  }
}

function follow({ args, context }: SubscribeResolverData<unknown, { readonly after?: string | null }, RequestContext>): AsyncIterable<FeedPage<AlertType>> {
  requireOperator(context);
  const read = (rest: string, values: readonly unknown[]) => readRows<AlertCardRow>(context.readNode(), alertCardTable, "alerts_live", rest, values);
  return liveFeed<AlertType>({
    live: context.live, node: () => context.readNode(), channel: "alerts",
    after: args.after === null || args.after === undefined ? null : readText(args.after, "after", cursorLengthMax),
    types: ["AlertRaised"], projections: [alertCard.name], refreshMs: context.settings.LIVE_REFRESH_MS,
    snapshot: async () => (await read("WHERE open ORDER BY raised_position DESC LIMIT $1", [snapshotSize])).map(alertType),
    tail: async (events) => {
      const ids = (events as readonly RecordedEvent<AlertEvent>[]).map(({ event }) => event.alertId);
      return (await read("WHERE alert_id = ANY($1::text[]) ORDER BY raised_position", [ids])).map(alertType);
    },
  });
}
