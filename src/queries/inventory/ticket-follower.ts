import type { SaleRoomCardRow } from "../../projections/inventory/sale-room-card.projection.js";
import type { SaleTicketCardRow } from "../../projections/inventory/sale-ticket-card.projection.js";
import { saleTicketType, type SaleTicketType } from "./sale-ticket.type.js";

/** A ticket's follower hears no more often than this, however much happens. */
export const tellEveryMs = 1_000;

/** What a follower needs of its feed. */
export interface FollowedRoom {
  /** The room as of late; null where there is none. */
  readonly room: SaleRoomCardRow | null;
  /** Asks to be woken in so many milliseconds. */
  wakeIn(milliseconds: number): void;
  leave(follower: TicketFollower): void;
}

interface Waiting {
  resolve(result: IteratorResult<SaleTicketType, undefined>): void;
  reject(error: unknown): void;
}

/**
 * One ticket, live: as it stands, then its changes, at most one a second, the last one always; over once the sale is.
 * Written by hand and without a timer of its own, since there may be 50,000: a generator with its signal costs four times as much.
 * Whoever reads it asks for the next value when the one before has come.
 */
export class TicketFollower implements AsyncIterableIterator<SaleTicketType, undefined> {
  #ticket: SaleTicketCardRow | null = null;
  #told: SaleTicketType | null = null;
  /** By `performance.now()`. */
  #toldAt = -Infinity;
  #waiting: Waiting | null = null;
  #failure: Error | null = null;
  #isOver = false;

  constructor(private readonly feed: FollowedRoom, readonly ticketId: string) {}

  get isFound(): boolean {
    return this.#ticket !== null;
  }

  /** A node that is behind the last one may hold an older row. */
  keepNewer(ticket: SaleTicketCardRow | null): void {
    if (ticket && ticket.version > (this.#ticket?.version ?? 0)) this.#ticket = ticket;
  }

  next(): Promise<IteratorResult<SaleTicketType, undefined>> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      const againMs = this.wake();
      if (againMs < Infinity) this.feed.wakeIn(againMs);
    });
  }

  /** Hands out what is new, where somebody waits for it. @returns in how many milliseconds it has to be asked again; Infinity where nothing is due */
  wake(): number {
    const { room } = this.feed;
    if (!this.#waiting || !this.#ticket || !room) return Infinity;
    const standing = saleTicketType(this.#ticket, room, Date.now());
    if (this.#told !== null && isSame(this.#told, standing)) return Infinity;
    const againMs = this.#toldAt + tellEveryMs - performance.now();
    if (againMs > 0) return againMs;
    const waiting = this.#waiting;
    this.#waiting = null;
    [this.#told, this.#toldAt] = [standing, performance.now()];
    if (standing.state === "ENDED") this.#end();
    waiting.resolve({ done: false, value: standing });
    return Infinity;
  }

  /** The feed cannot be read any more. */
  fail(error: Error): void {
    this.#failure = error;
    this.#waiting?.reject(error);
    this.#waiting = null;
    this.#end();
  }

  return(): Promise<IteratorResult<SaleTicketType, undefined>> {
    this.#waiting?.resolve({ done: true, value: undefined });
    this.#waiting = null;
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.feed.leave(this);
  }
}

function isSame(one: SaleTicketType, other: SaleTicketType): boolean {
  return one.number === other.number && one.state === other.state && one.position === other.position
    && one.expectedWaitSeconds === other.expectedWaitSeconds && one.passUntil === other.passUntil;
}
