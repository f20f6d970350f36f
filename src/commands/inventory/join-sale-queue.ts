import type { TicketStanding } from "../../events/waiting-room.js";
import { defineCommand, type DecisionUnit, type Needs } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import { holdLineState } from "./hold-line.write-state.js";
import { saleRoomState, type SaleRoomRow } from "./sale-room.write-state.js";
import { replacedTicketKey, saleTicketState, type SaleTicketRow } from "./sale-ticket.write-state.js";
import { unitsInSale } from "./sale-units.js";
import { saleBuyerKey, saleBuyerState } from "./sale.write-state.js";
import { entranceNeeds, isGone, standingOfTicket, tellTicket } from "./waiting-room.steps.js";

export interface SaleQueueInput {
  readonly saleId: string;
  /** `customer:<id>` or `guest:<hash of the secret>`. */
  readonly buyer: string;
}

export type JoinSaleQueueAnswer = TicketStanding & { readonly saleId: string; readonly number: number };

/**
 * Gives a buyer a place in a sale's queue, one at a time: whoever has one is told where it stands, also after having been
 * away for a moment. A place that is spent (pass used or expired, away for too long) is followed by a new one at the end.
 * May be done before the sale begins. Refuses with `UNKNOWN_SALE SALE_ENDED SOLD_OUT LIMIT_REACHED`.
 */
export const joinSaleQueue = defineCommand<SaleQueueInput, JoinSaleQueueAnswer>({
  name: "joinSaleQueue",
  correlationId: ({ saleId }) => saleId,
  needs: joinNeeds,
  decide({ saleId, buyer }, unit) {
    const room = roomOf(unit, saleId);
    if (room.state === "ENDED" || room.endsAt <= unit.now) throw new Refusal("SALE_ENDED", "The sale is over.", "saleId");
    const known = unit.row(saleTicketState, saleBuyerKey(saleId, buyer));
    const ticket = known && keepsPlace(known, room, unit.now) ? resumed(unit, known, buyer) : takeTicket(unit, room, known, buyer);
    return { saleId, number: ticket.number, ...standingOfTicket(ticket, room, unit.now) };
  },
});

function joinNeeds({ saleId, buyer }: SaleQueueInput): Needs {
  const keys = [saleBuyerKey(saleId, buyer)];
  return { rows: [...entranceNeeds([saleId], buyer), { state: saleBuyerState, keys }, { state: holdLineState, group: "buyer", keys }] };
}

/** @throws Refusal UNKNOWN_SALE */
export function roomOf(unit: DecisionUnit, saleId: string): SaleRoomRow {
  const room = unit.row(saleRoomState, saleId);
  if (!room) throw new Refusal("UNKNOWN_SALE", "There is no such sale with a waiting room.", "saleId");
  return room;
}

function keepsPlace(ticket: SaleTicketRow, room: SaleRoomRow, now: string): boolean {
  const { state } = standingOfTicket(ticket, room, now);
  return state !== "USED" && state !== "EXPIRED" && !isGone(ticket, now);
}

function resumed(unit: DecisionUnit, ticket: SaleTicketRow, buyer: string): SaleTicketRow {
  return ticket.leftAt === null ? ticket : tellTicket(unit, "SaleTicketResumed", { ...ticket, leftAt: null }, buyer);
}

function takeTicket(unit: DecisionUnit, room: SaleRoomRow, before: SaleTicketRow | undefined, buyer: string): SaleTicketRow {
  if (room.state === "SOLD_OUT") throw new Refusal("SOLD_OUT", "Everything is sold, and nothing is held that could come back.", "saleId");
  const id = saleBuyerKey(room.id, buyer);
  checkRoomForMore(unit, room, id);
  if (before) unit.put(saleTicketState, { ...before, id: replacedTicketKey(room.id, before.number) });
  unit.put(saleRoomState, { ...room, nextNumber: room.nextNumber + 1 });
  const ticket = { id, saleId: room.id, number: room.nextNumber, leftAt: null, done: null, version: before?.version ?? 0 };
  return tellTicket(unit, "SaleTicketTaken", ticket, buyer);
}

/** Whoever may have no more would only keep others waiting. */
function checkRoomForMore(unit: DecisionUnit, { limitPerCustomer }: SaleRoomRow, key: string): void {
  if (unitsInSale(unit, key) >= limitPerCustomer) throw new Refusal("LIMIT_REACHED", `A customer may have ${String(limitPerCustomer)} in this sale; you have them already.`, "saleId");
}
