import { isUnavailable } from "../../platform/live/live-rows.js";
import type { LivePort } from "../../platform/live/live-port.js";
import { LiveSubscription, type CurrentNode } from "../../platform/live/live-subscription.js";
import { pause } from "../../platform/live/pause.js";
import { WakeFlag } from "../../platform/live/wake-flag.js";
import type { ReadNode } from "../../platform/projector/read-node.js";
import { roomChannel, type SaleRoomCardRow } from "../../projections/inventory/sale-room-card.projection.js";
import type { SaleTicketCardRow } from "../../projections/inventory/sale-ticket-card.projection.js";
import { lastTicketChange, readRoom, readTicket, ticketsChangedAfter } from "./sale-ticket.reader.js";

/** Rooms and their tickets are looked at no more often than this, however much happens. */
export const roomLookMs = 1_000;
/** Changed tickets that one query brings. */
const pageSize = 1_000;

export interface RoomFeedOptions {
  readonly live: LivePort;
  readonly node: CurrentNode<ReadNode>;
  readonly saleId: string;
  /** The room is read again at least this often, since a pointer may get lost. */
  readonly refreshMs: number;
}

/** Somebody who follows a ticket. */
export interface TicketFollower {
  readonly ticketId: string;
  ticket: SaleTicketCardRow | null;
  /** Raised when the room or the ticket has changed. */
  readonly news: WakeFlag;
}

/**
 * What all followers of one sale's tickets in a process share: one subscription and, at most once a second, one query
 * for the room and one for the tickets that changed. Where each ticket stands is arithmetic on that.
 */
export class RoomFeed {
  readonly #options: RoomFeedOptions;
  readonly #followers = new Map<string, Set<TicketFollower>>();
  readonly #stopped = new AbortController();
  readonly #ready: Promise<void>;
  #room: SaleRoomCardRow | null = null;
  #failure: unknown = null;
  /** Position of the last change of a ticket that was seen. */
  #seen: number | null = null;

  constructor(options: RoomFeedOptions) {
    this.#options = options;
    const subscription = new LiveSubscription(options.live, roomChannel(options.saleId));
    this.#ready = this.#look(subscription);
    void this.#ready.then(() => this.#keepLooking(subscription))
      .catch((error: unknown) => { this.#fail(error); })
      .finally(() => { subscription.close(); });
  }

  /** The room as of late. @throws whatever keeps the feed from being read */
  get room(): SaleRoomCardRow | null {
    if (this.#failure !== null) throw this.#failure as Error;
    return this.#room;
  }

  /** True where it has nobody left, or cannot be read: another one is needed then. */
  get isOver(): boolean {
    return this.#failure !== null || this.#stopped.signal.aborted;
  }

  /** Resolves when room and ticket are there. The ticket is read after the feed looks for changes: none is missed. */
  async follow(ticketId: string): Promise<TicketFollower> {
    const follower: TicketFollower = { ticketId, ticket: null, news: new WakeFlag() };
    const known = this.#followers.get(ticketId);
    if (known) known.add(follower);
    else this.#followers.set(ticketId, new Set([follower]));
    try {
      await this.#ready;
      keepNewer(follower, await readTicket(this.#options.node(), ticketId));
    } catch (error) {
      this.leave(follower);
      throw error;
    }
    return follower;
  }

  /** Whoever leaves last ends the feed. */
  leave(follower: TicketFollower): void {
    const known = this.#followers.get(follower.ticketId);
    known?.delete(follower);
    if (known?.size === 0) this.#followers.delete(follower.ticketId);
    if (this.#followers.size === 0) this.#stopped.abort();
  }

  async #keepLooking(subscription: LiveSubscription): Promise<void> {
    const { signal } = this.#stopped;
    let lookedAt = performance.now();
    while (await subscription.news.wait(this.#options.refreshMs, signal) !== "aborted") {
      await pause(lookedAt + roomLookMs - performance.now(), signal);
      if (signal.aborted) return;
      lookedAt = performance.now();
      try {
        await this.#look(subscription);
      } catch (error) {
        if (!isUnavailable(error)) throw error;
      }
    }
  }

  /** Subscribes before it reads: what changes in between is then heard, and read again. */
  async #look(subscription: LiveSubscription): Promise<void> {
    const { node: current, saleId } = this.#options;
    const node = current();
    await subscription.follow(node.name);
    subscription.news.lower();
    const room = await readRoom(node, saleId);
    await this.#readChanges(node);
    if (room && room.version > (this.#room?.version ?? 0)) {
      this.#room = room;
      this.#raiseAll();
    }
  }

  async #readChanges(node: ReadNode): Promise<void> {
    const { saleId } = this.#options;
    this.#seen ??= await lastTicketChange(node, saleId);
    for (;;) {
      const tickets = await ticketsChangedAfter(node, saleId, this.#seen, pageSize);
      for (const ticket of tickets) this.#tell(ticket);
      this.#seen = tickets.at(-1)?.changedPosition ?? this.#seen;
      if (tickets.length < pageSize) return;
    }
  }

  #tell(ticket: SaleTicketCardRow): void {
    for (const follower of this.#followers.get(ticket.ticketId) ?? []) {
      keepNewer(follower, ticket);
      follower.news.raise();
    }
  }

  #fail(error: unknown): void {
    this.#failure = error;
    this.#raiseAll();
  }

  #raiseAll(): void {
    for (const followers of this.#followers.values()) for (const { news } of followers) news.raise();
  }
}

/** A node that is behind the last one may hold an older row. */
function keepNewer(follower: TicketFollower, ticket: SaleTicketCardRow | null): void {
  if (ticket && ticket.version > (follower.ticket?.version ?? 0)) follower.ticket = ticket;
}
