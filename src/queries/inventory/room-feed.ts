import { isUnavailable } from "../../platform/live/live-rows.js";
import type { LivePort } from "../../platform/live/live-port.js";
import { LiveSubscription, type CurrentNode } from "../../platform/live/live-subscription.js";
import { pause } from "../../platform/live/pause.js";
import type { ReadNode } from "../../platform/projector/read-node.js";
import { roomChannel, type SaleRoomCardRow } from "../../projections/inventory/sale-room-card.projection.js";
import { lastTicketChange, readRoom, readTicket, ticketsChangedAfter } from "./sale-ticket.reader.js";
import { tellEveryMs, TicketFollower, type FollowedRoom } from "./ticket-follower.js";

/** Changed tickets that one query brings. */
const pageSize = 1_000;
/** The longest sleep; who sleeps longer looks at the clock in between. */
const sleepMaxMs = 3_600_000;

export interface RoomFeedOptions {
  readonly live: LivePort;
  readonly node: CurrentNode<ReadNode>;
  readonly saleId: string;
  /** The room is read again at least this often, since a pointer may get lost. */
  readonly refreshMs: number;
}

/**
 * What all followers of one sale's tickets in a process share: one subscription, one timer, and at most once a second
 * one query for the room and one for the tickets that changed. Where each ticket stands is arithmetic on that.
 */
export class RoomFeed implements FollowedRoom {
  readonly #options: RoomFeedOptions;
  readonly #followers = new Map<string, TicketFollower[]>();
  readonly #stopped = new AbortController();
  readonly #ready: Promise<void>;
  #room: SaleRoomCardRow | null = null;
  #isOver = false;
  /** Position of the last change of a ticket that was seen. */
  #seen: number | null = null;
  #timer: { readonly handle: NodeJS.Timeout; readonly at: number } | null = null;

  constructor(options: RoomFeedOptions) {
    this.#options = options;
    const subscription = new LiveSubscription(options.live, roomChannel(options.saleId));
    this.#ready = this.#look(subscription);
    void this.#ready.then(() => this.#keepLooking(subscription))
      .catch((error: unknown) => { this.#fail(error); })
      .finally(() => { subscription.close(); });
  }

  get room(): SaleRoomCardRow | null {
    return this.#room;
  }

  /** True where nobody is left, or it cannot be read: another one is needed then. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves when room and ticket were read. The ticket is read after the feed looks for changes: none is missed. */
  async follow(ticketId: string): Promise<TicketFollower> {
    const follower = new TicketFollower(this, ticketId);
    const known = this.#followers.get(ticketId);
    if (known) known.push(follower);
    else this.#followers.set(ticketId, [follower]);
    try {
      await this.#ready;
      follower.keepNewer(await readTicket(this.#options.node(), ticketId));
      return follower;
    } catch (error) {
      await follower.return();
      throw error;
    }
  }

  /** Whoever leaves last ends the feed. */
  leave(follower: TicketFollower): void {
    const { ticketId } = follower;
    const others = this.#followers.get(ticketId)?.filter((each) => each !== follower) ?? [];
    if (others.length > 0) this.#followers.set(ticketId, others);
    else this.#followers.delete(ticketId);
    if (this.#followers.size === 0) this.#stop();
  }

  wakeIn(milliseconds: number): void {
    const at = performance.now() + Math.min(milliseconds, sleepMaxMs);
    if (this.#isOver || (this.#timer && this.#timer.at <= at)) return;
    clearTimeout(this.#timer?.handle);
    const handle = setTimeout(() => {
      this.#timer = null;
      this.#wakeAll();
    }, Math.max(1, at - performance.now()));
    this.#timer = { handle, at };
  }

  async #keepLooking(subscription: LiveSubscription): Promise<void> {
    const { signal } = this.#stopped;
    let lookedAt = performance.now();
    this.#wakeAll();
    while (await subscription.news.wait(this.#options.refreshMs, signal) !== "aborted") {
      await pause(lookedAt + tellEveryMs - performance.now(), signal);
      if (this.#isOver) return;
      lookedAt = performance.now();
      try {
        await this.#look(subscription);
        this.#wakeAll();
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
    if (room && room.version > (this.#room?.version ?? 0)) this.#room = room;
  }

  async #readChanges(node: ReadNode): Promise<void> {
    const { saleId } = this.#options;
    this.#seen ??= await lastTicketChange(node, saleId);
    for (;;) {
      const tickets = await ticketsChangedAfter(node, saleId, this.#seen, pageSize);
      for (const ticket of tickets) for (const follower of this.#followers.get(ticket.ticketId) ?? []) follower.keepNewer(ticket);
      this.#seen = tickets.at(-1)?.changedPosition ?? this.#seen;
      if (tickets.length < pageSize) return;
    }
  }

  #wakeAll(): void {
    if (this.#isOver) return;
    let soonestMs = this.#clockChangeMs();
    for (const followers of [...this.#followers.values()]) for (const follower of followers) soonestMs = Math.min(soonestMs, follower.wake());
    if (soonestMs < Infinity) this.wakeIn(soonestMs);
  }

  /** Until a pass ends, or the sale does. */
  #clockChangeMs(): number {
    if (!this.#room) return Infinity;
    const { endsAt, steps } = this.#room;
    const nowMs = Date.now();
    const ahead = [endsAt, ...steps.map(({ until }) => until)].map((time) => Date.parse(time) - nowMs).filter((milliseconds) => milliseconds > 0);
    return Math.min(Infinity, ...ahead);
  }

  #fail(cause: unknown): void {
    this.#stop();
    const error = cause instanceof Error ? cause : new Error("the waiting room cannot be read", { cause });
    for (const followers of [...this.#followers.values()]) for (const follower of followers) follower.fail(error);
  }

  #stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer?.handle);
    this.#stopped.abort();
  }
}
