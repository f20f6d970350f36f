import type { RoomFact, RoomState } from "../../events/waiting-room.js";
import { after, millisecondsBetween } from "../../kernel/time.js";
import type { CountedStep, SaleRoomRow } from "./sale-room.write-state.js";

/** What the room has to know of its sale's units. */
export interface UnitsOfSale {
  /** Nobody holds them, or nobody does any more: holds whose time is over count as free. */
  readonly free: number;
  /** Held, and not over. */
  readonly held: number;
  /** True once the sale was ended, whatever the clock says. */
  readonly ended: boolean;
}

/** Those who left the queue for good, as far as an admission can see. */
export interface Leavers {
  /** Numbers after the watermark, ascending. */
  readonly ahead: readonly number[];
  /** The number beyond which nothing is known; null where all of them are known. */
  readonly knownUpTo: number | null;
}

export const nobodyLeft: Leavers = { ahead: [], knownUpTo: null };

export interface Admission {
  readonly room: SaleRoomRow;
  /** Tickets that were given a pass. */
  readonly admitted: number;
}

/** What was not let in while nobody came or units were lacking is made up for, but for no more than this. */
const burstMs = 1_000;
/** The passes of a sale stand in so many steps at most, and last longer than promised by at most one of them. */
const stepsMax = 20;
/** The measured pace forgets with this time. */
const paceMemoryMs = 20_000;

/** Steps whose passes may still be used. */
export function liveSteps({ steps }: Pick<SaleRoomRow, "steps">, now: string): readonly CountedStep[] {
  return steps.filter(({ until }) => until > now);
}

/** Units that those may want who have a pass and have not used it. */
export function promisedUnits(room: Pick<SaleRoomRow, "steps">, now: string): number {
  return liveSteps(room, now).reduce((sum, { from, to, used, units }) => sum + (to - from + 1 - used) * units, 0);
}

/**
 * Lets in as many as the rate allows and can be served: what the passes that are out may want is never more than what
 * is free. Costs the same however many wait. @returns null where there is nothing to do or to tell
 */
export function nextAdmission(room: SaleRoomRow, units: UnitsOfSale, leavers: Leavers, now: string): Admission | null {
  const isOver = units.ended || room.endsAt <= now;
  const steps = liveSteps(room, now);
  const isOn = !isOver && room.startsAt <= now;
  const next = isOn ? letIn({ ...room, steps }, units, leavers, now) : { room, admitted: 0 };
  const state = isOver ? "ENDED" : stateOf(next.room, units, now);
  if (next.room.admitted === room.admitted && state === room.state) return null;
  return { ...next, room: { ...next.room, state } };
}

function letIn(room: SaleRoomRow, units: UnitsOfSale, leavers: Leavers, now: string): Admission {
  const { ratePerSecond, passSeconds } = room;
  const places = placesFor(room, units, now);
  // A token bucket, as the moment from which on tokens have not been taken.
  const earliest = after(now, -Math.max(burstMs, 1_000 / ratePerSecond));
  const pacedAt = room.pacedAt > earliest ? room.pacedAt : earliest;
  const byRate = Math.floor((millisecondsBetween(pacedAt, now) * ratePerSecond) / 1_000);
  const { to, passedOver } = watermarkAfter(room, Math.min(places.count, byRate), leavers);
  const admitted = to - room.admitted - passedOver;
  if (to === room.admitted) return { room, admitted: 0 };
  const step = { from: room.admitted + 1, to, until: after(now, passSeconds * 1_000), units: places.units, used: passedOver };
  return {
    admitted,
    room: {
      ...room, admitted: to, steps: withStep(room, step, now),
      pacedAt: after(pacedAt, Math.ceil((admitted * 1_000) / ratePerSecond)),
      ...measured(room, admitted, to, now),
    },
  };
}

/** How many more passes can be served, and what each is good for. */
function placesFor(room: SaleRoomRow, { free, held }: UnitsOfSale, now: string): { readonly count: number; readonly units: number } {
  const { limitPerCustomer: limit } = room;
  const promised = promisedUnits(room, now);
  const count = Math.max(0, Math.floor((free - promised) / limit));
  // The rest of a sale, too small for a whole pass and with nothing that could come back to it, is not left lying.
  if (count === 0 && free > 0 && promised === 0 && held === 0) return { count: 1, units: free };
  return { count, units: limit };
}

/** Moves over so many tickets whose holders are there, and over those between them whose holders are gone. */
function watermarkAfter({ admitted, nextNumber }: SaleRoomRow, count: number, { ahead, knownUpTo }: Leavers): { readonly to: number; readonly passedOver: number } {
  if (count === 0) return { to: admitted, passedOver: 0 };
  let to = admitted + count;
  for (const number of ahead) if (number <= to) to += 1;
  to = Math.min(to, nextNumber - 1, knownUpTo ?? Infinity);
  return { to, passedOver: ahead.filter((number) => number <= to).length };
}

/** Joins the last step where its passes still last long enough, so that the steps stay few. */
function withStep({ steps, passSeconds }: SaleRoomRow, step: CountedStep, now: string): readonly CountedStep[] {
  const last = steps.at(-1);
  if (last && last.until >= step.until && last.units === step.units) {
    return [...steps.slice(0, -1), { ...last, to: step.to, used: last.used + step.used }];
  }
  return [...steps, { ...step, until: after(now, passSeconds * 1_000 * (1 + 1 / stepsMax)) }];
}

/** The pace, as far as it can be measured: only where somebody was waiting all the time. */
function measured({ measuredAt, pace, nextNumber }: SaleRoomRow, admitted: number, to: number, now: string): Pick<SaleRoomRow, "measuredAt" | "pace"> {
  const next = to < nextNumber - 1 ? now : null;
  const elapsedMs = measuredAt === null ? 0 : millisecondsBetween(measuredAt, now);
  if (elapsedMs <= 0) return { measuredAt: next, pace };
  const weight = 1 - Math.exp(-elapsedMs / paceMemoryMs);
  return { measuredAt: next, pace: pace + weight * ((admitted * 1_000) / elapsedMs - pace) };
}

function stateOf(room: SaleRoomRow, units: UnitsOfSale, now: string): RoomState {
  if (units.free === 0 && units.held === 0) return "SOLD_OUT";
  const canBeServed = promisedUnits(room, now) > 0 || placesFor(room, units, now).count > 0;
  return canBeServed ? "OPEN" : "WAITING_FOR_RETURNS";
}

/** The room as it is told. */
export function roomFact({ id, startsAt, endsAt, state, admitted, steps, pace, version }: SaleRoomRow): RoomFact {
  return { saleId: id, startsAt, endsAt, state, admitted, steps: steps.map(({ from, to, until }) => ({ from, to, until })), pace, version };
}
