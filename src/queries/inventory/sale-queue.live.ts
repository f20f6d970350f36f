import { Arg, ID, Resolver, Root, Subscription, type SubscribeResolverData } from "type-graphql";
import { SystemError } from "../../platform/errors.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { abortable } from "../../platform/live/abortable.js";
import { awaitRow } from "../../platform/live/await-row.js";
import type { LivePort } from "../../platform/live/live-port.js";
import { isAborted } from "../../platform/live/live-rows.js";
import { pause } from "../../platform/live/pause.js";
import { RoomFeed, roomLookMs, type RoomFeedOptions } from "./room-feed.js";
import { readTicket, ticketIdOf } from "./sale-ticket.reader.js";
import { saleTicketType, SaleTicketType, ticketChangesAt } from "./sale-ticket.type.js";
import { saleIds } from "./sale.type.js";

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
  return followTicket({ live, node, saleId, refreshMs: settings.LIVE_REFRESH_MS }, ticketId);
}

/** A ticket, live: as it stands, then its changes, at most one a second; over once the sale is. */
export function followTicket(options: RoomFeedOptions, ticketId: string): AsyncGenerator<SaleTicketType, void, undefined> {
  return abortable((signal) => standings(options, ticketId, signal));
}

async function* standings(options: RoomFeedOptions, ticketId: string, signal: AbortSignal): AsyncGenerator<SaleTicketType, void, undefined> {
  const feed = feedOf(options);
  const follower = await feed.follow(ticketId);
  let told = "";
  try {
    while (!isAborted(signal)) {
      const { ticket } = follower;
      const { room } = feed;
      if (!ticket || !room) throw new SystemError("NOT_FOUND", "There is no such ticket.");
      const standing = saleTicketType(ticket, room, Date.now());
      const text = JSON.stringify(standing);
      const toldAt = performance.now();
      if (text !== told) {
        told = text;
        yield standing;
        if (standing.state === "ENDED") return;
      }
      if (await follower.news.wait(waitMs(ticketChangesAt(standing, room)), signal) === "aborted") return;
      // Only where news came sooner than the feed looks: it looks at most that often.
      await pause(toldAt + roomLookMs - performance.now(), signal);
    }
  } finally {
    feed.leave(follower);
    if (feed.isOver) forget(options, feed);
  }
}

/** The longest time that a timer takes. */
const timerMaxMs = 2_147_483_647;

function waitMs(changesAt: number): number {
  return Math.min(timerMaxMs, Math.max(1, changesAt - Date.now()));
}

/** The feeds of a process: a live port stands for it. */
const feeds = new WeakMap<LivePort, Map<string, RoomFeed>>();

function feedOf(options: RoomFeedOptions): RoomFeed {
  const { live, saleId } = options;
  const known = feeds.get(live) ?? new Map<string, RoomFeed>();
  feeds.set(live, known);
  const feed = known.get(saleId);
  if (feed && !feed.isOver) return feed;
  const made = new RoomFeed(options);
  known.set(saleId, made);
  return made;
}

function forget({ live, saleId }: RoomFeedOptions, feed: RoomFeed): void {
  const known = feeds.get(live);
  if (known?.get(saleId) === feed) known.delete(saleId);
}
