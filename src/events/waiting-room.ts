import type { SaleFact } from "./inventory.js";

/** What a room tells everybody in it. */
export type RoomState = "OPEN" | "WAITING_FOR_RETURNS" | "SOLD_OUT" | "ENDED";

/** Tickets that were let in together, or nearly so: their passes end at one moment. */
export type AdmissionStep = {
  readonly from: number;
  /** Inclusive. */
  readonly to: number;
  /** When the passes end; RFC 3339. */
  readonly until: string;
};

/** A waiting room after a change, whole; `version` grows by one with each. A ticket is a number, and one watermark lets it in. */
export type RoomFact = {
  readonly saleId: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly state: RoomState;
  /** The highest number that was let in or passed over. */
  readonly admitted: number;
  /** Passes that may still be used. */
  readonly steps: readonly AdmissionStep[];
  /** Tickets a second, as measured; before the first was let in, the rate of the rules. */
  readonly pace: number;
  readonly version: number;
};

/** A ticket after a change, whole; `version` grows by one with each. */
export type TicketFact = {
  readonly saleId: string;
  /** `customer:<id>` or `guest:<hash>`. */
  readonly buyer: string;
  /** Numbers of a sale are given in the order of arrival, from 1, without a gap. */
  readonly number: number;
  readonly version: number;
};

/** A room was opened, let tickets in, or turned to another state. One stream a fact: the room's own would be hot and endless. */
export interface SaleRoomMoved {
  readonly type: "SaleRoomMoved";
  readonly room: RoomFact;
  /** Holds whose time was over, and whose units those are given who were let in. */
  readonly sales: readonly SaleFact[];
}

/** Somebody stands in the queue: for the first time, or anew at its end. One stream a fact, as for all of a ticket. */
export interface SaleTicketTaken {
  readonly type: "SaleTicketTaken";
  readonly ticket: TicketFact;
}

export interface SaleTicketLeft {
  readonly type: "SaleTicketLeft";
  readonly ticket: TicketFact;
}

/** Its holder came back in time: the place is kept. */
export interface SaleTicketResumed {
  readonly type: "SaleTicketResumed";
  readonly ticket: TicketFact;
}

/** Its holder has reserved or ordered. */
export interface SalePassUsed {
  readonly type: "SalePassUsed";
  readonly ticket: TicketFact;
}

export type SaleRoomEvent = SaleRoomMoved;
export type SaleTicketEvent = SaleTicketTaken | SaleTicketLeft | SaleTicketResumed | SalePassUsed;

/** What became of a ticket, apart from its room. */
export type TicketFate = "in" | "left" | "used";

/** What a ticket's holder is told, and what it means. */
export const ticketStates = {
  WAITING: "Its turn is still to come.",
  ADMITTED: "Its pass may be used, until `passUntil`.",
  EXPIRED: "Its pass was not used in time.",
  USED: "Its pass has been used.",
  LEFT: "Its holder has left. Who joins again soon keeps the place.",
  WAITING_FOR_RETURNS: "Nothing is left, but some is held: what comes back lets the next ticket in.",
  SOLD_OUT: "Everything is sold.",
  ENDED: "The sale is over.",
} as const;
export type TicketState = keyof typeof ticketStates;

/** Where a ticket stands. */
export type TicketStanding = {
  readonly state: TicketState;
  /** Tickets up to and with this one that are to be let in; null where it does not wait. */
  readonly position: number | null;
  /** Null where it does not wait, or where nobody can tell. */
  readonly expectedWaitSeconds: number | null;
  /** Until when the pass may be used; null without one. */
  readonly passUntil: string | null;
};

/** Where a ticket stands in its room at that moment: arithmetic, the same for the primary's answer and for whoever follows. */
export function standingOf(number: number, fate: TicketFate, room: RoomFact, now: string): TicketStanding {
  const { state, admitted, endsAt } = room;
  if (fate === "used") return standing("USED");
  if (state === "ENDED" || endsAt <= now) return standing("ENDED");
  if (fate === "left") return standing("LEFT");
  if (number <= admitted) {
    const passUntil = stepOf(room.steps, number)?.until ?? "";
    return passUntil > now ? { ...standing("ADMITTED"), passUntil } : standing("EXPIRED");
  }
  if (state === "SOLD_OUT") return standing("SOLD_OUT");
  const position = number - admitted;
  if (state === "WAITING_FOR_RETURNS") return { ...standing("WAITING_FOR_RETURNS"), position };
  return { ...standing("WAITING"), position, expectedWaitSeconds: expectedWait(position, room, now) };
}

/** The step whose passes a number belongs to. */
export function stepOf<Step extends AdmissionStep>(steps: readonly Step[], number: number): Step | undefined {
  return steps.find(({ from, to }) => from <= number && number <= to);
}

function standing(state: TicketState): TicketStanding {
  return { state, position: null, expectedWaitSeconds: null, passUntil: null };
}

function expectedWait(position: number, { startsAt, pace }: RoomFact, now: string): number {
  const untilStartMs = Math.max(0, Date.parse(startsAt) - Date.parse(now));
  return Math.ceil(untilStartMs / 1_000 + position / Math.max(pace, 0.001));
}
