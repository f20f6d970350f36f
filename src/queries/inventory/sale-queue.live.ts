import { Arg, ID, Resolver, Root, Subscription, type SubscribeResolverData } from "type-graphql";
import { SystemError } from "../../platform/errors.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { awaitRow } from "../../platform/live/await-row.js";
import type { LivePort } from "../../platform/live/live-port.js";
import { RoomFeed, type RoomFeedOptions } from "./room-feed.js";
import { readTicket, ticketIdOf } from "./sale-ticket.reader.js";
import { SaleTicketType } from "./sale-ticket.type.js";
import { saleIds } from "./sale.type.js";
import type { TicketFollower } from "./ticket-follower.js";

interface SaleQueueArgs {
  readonly saleId: string;
  readonly customerId?: string | null;
  readonly guestSecret?: string | null;
}

@Resolver()
export class SaleQueueLive {
  @Subscription(() => SaleTicketType, { description: "The caller's ticket: as it stands, then its changes, at most one a second. Ends with the sale.", subscribe: follow })
  saleQueueUpdates(
    @Root() ticket: SaleTicketType,
    @Arg("saleId", () => ID) _saleId: string,
    @Arg("customerId", () => ID, { nullable: true, description: "For operators; a customer follows its own ticket." }) _customerId: string | null,
    @Arg("guestSecret", () => String, { nullable: true, description: "What the queue was joined with, where that was done without a token." }) _guestSecret: string | null,
  ): SaleTicketType {
    return ticket;
  }
}

async function follow({ args, context }: SubscribeResolverData<unknown, SaleQueueArgs, RequestContext>): Promise<AsyncIterable<SaleTicketType>> {
  const saleId = saleIds.read(args.saleId, "saleId");
  const ticketId = ticketIdOf(context, saleId, args);
  const { live, settings } = context;
  const node = () => context.readNode();
  const ticket = await awaitRow({ live, node, channel: `sale-ticket:${ticketId}`, timeoutMs: settings.POSITION_WAIT_MS, load: () => readTicket(node(), ticketId) });
  if (!ticket) throw new SystemError("NOT_FOUND", "There is no such ticket: take one with joinSaleQueue.");
  return followTicket({ live, node: context.sharedNode(), saleId, refreshMs: settings.LIVE_REFRESH_MS }, ticketId);
}

/** A ticket, live. @throws SystemError NOT_FOUND, READ_UNAVAILABLE */
export async function followTicket(options: RoomFeedOptions, ticketId: string): Promise<TicketFollower> {
  const feed = feedOf(options);
  const follower = await feed.follow(ticketId);
  if (follower.isFound && feed.room) return follower;
  await follower.return();
  throw new SystemError("NOT_FOUND", "There is no such ticket.");
}

/** The feeds of a process, for which its live port stands; of each sale the last one that was needed. */
const feeds = new WeakMap<LivePort, Map<string, RoomFeed>>();
/** Feeds that are over are looked for when there are so many. */
const feedsKept = 100;

function feedOf(options: RoomFeedOptions): RoomFeed {
  const { live, saleId } = options;
  const known = feeds.get(live) ?? new Map<string, RoomFeed>();
  feeds.set(live, known);
  const feed = known.get(saleId);
  if (feed && !feed.isOver) return feed;
  if (known.size >= feedsKept) for (const [id, each] of known) if (each.isOver) known.delete(id);
  const made = new RoomFeed(options);
  known.set(saleId, made);
  return made;
}
