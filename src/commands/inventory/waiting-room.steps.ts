import type { SaleFact } from "../../events/inventory.js";
import type { SaleTerms } from "../../events/sales.js";
import { standingOf, stepOf, type SaleTicketEvent, type TicketStanding } from "../../events/waiting-room.js";
import type { DecisionUnit, RowsRef } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import { after, millisecondsBetween } from "../../kernel/time.js";
import { promisedUnits, roomFact } from "./admission.js";
import { saleRoomStream, saleTicketStream } from "./sale-room.decider.js";
import { saleRoomState, type SaleRoomRow } from "./sale-room.write-state.js";
import { graceSeconds, saleTicketState, type SaleTicketRow } from "./sale-ticket.write-state.js";
import { saleBuyerKey } from "./sale.write-state.js";

/** What a buyer wants of a sale with a waiting room. */
export interface Entrance {
  readonly saleId: string;
  readonly buyer: string;
  readonly quantity: number;
  /** Units of the sale that the caller's own reservation held until now: whoever has some is inside. */
  readonly had: number;
  readonly field: string;
}

/** The rows that an entrance looks at. */
export function entranceNeeds(saleIds: readonly string[], buyer: string): readonly RowsRef[] {
  return [roomsOf(saleIds), { state: saleTicketState, keys: saleIds.map((id) => saleBuyerKey(id, buyer)) }];
}

export function roomsOf(saleIds: readonly string[]): RowsRef {
  return { state: saleRoomState, keys: saleIds };
}

/** The room of a sale that is being scheduled. */
export function openRoom(unit: DecisionUnit, saleId: string, terms: SaleTerms): void {
  const { sku, startsAt, endsAt, limitPerCustomer, waitingRoom } = terms;
  if (waitingRoom === null || limitPerCustomer === null) return;
  const { ratePerSecond, passSeconds } = waitingRoom;
  tellRoom(unit, {
    id: saleId, sku, startsAt, endsAt, limitPerCustomer, ratePerSecond, passSeconds, nextNumber: 1, admitted: 0, steps: [], state: "OPEN",
    // The first ticket is let in when the sale begins, not one turn later.
    pace: ratePerSecond, measuredAt: null, pacedAt: after(startsAt, -Math.ceil(1_000 / ratePerSecond)), version: 0,
  });
}

/** A sale was ended: everybody in its room hears so at once, and no pass counts any more. */
export function closeRoom(unit: DecisionUnit, saleId: string): void {
  const room = unit.row(saleRoomState, saleId);
  if (room && room.state !== "ENDED") tellRoom(unit, { ...room, state: "ENDED" });
}

/** Keeps what a room has come to, and tells it, with what that did to the sale. */
export function tellRoom(unit: DecisionUnit, room: SaleRoomRow, sales: readonly SaleFact[] = []): void {
  const told = { ...room, version: room.version + 1 };
  unit.put(saleRoomState, told);
  unit.begin(saleRoomStream, `${told.id}@${String(told.version)}`, { type: "SaleRoomMoved", room: roomFact(told), sales });
}

/** Keeps what a ticket has come to, and tells it. */
export function tellTicket(unit: DecisionUnit, type: SaleTicketEvent["type"], ticket: SaleTicketRow, buyer: string): SaleTicketRow {
  const told = { ...ticket, version: ticket.version + 1 };
  const { saleId, number, version } = told;
  unit.put(saleTicketState, told);
  unit.begin(saleTicketStream, `${told.id}@${String(version)}`, { type, ticket: { saleId, buyer, number, version } });
  return told;
}

/** Where a ticket stands by the primary's clock. One whose holder is away, though not for good, counts as in. */
export function standingOfTicket({ number, done }: SaleTicketRow, room: SaleRoomRow, now: string): TicketStanding {
  return standingOf(number, done === "used" ? "used" : "in", roomFact(room), now);
}

/** Whether its holder left and did not come back in time. */
export function isGone({ leftAt, done }: SaleTicketRow, now: string): boolean {
  return done === "gone" || (leftAt !== null && millisecondsBetween(leftAt, now) >= graceSeconds * 1_000);
}

/**
 * Lets a buyer in whose turn it is: uses the pass. Whoever changes a reservation of that sale is inside and needs none.
 * @returns units that are promised to the passes that are out, which nobody else may take
 * @throws Refusal PASS_REQUIRED TICKET_WAITING PASS_EXPIRED LIMIT_REACHED
 */
export function enterSale(unit: DecisionUnit, entrance: Entrance): number {
  const room = unit.row(saleRoomState, entrance.saleId);
  if (!room) throw new Error(`the waiting room of ${entrance.saleId} is not among the needs`);
  if (entrance.had > 0) return promisedUnits(room, unit.now);
  const { saleId, buyer, quantity, field } = entrance;
  const ticket = unit.row(saleTicketState, saleBuyerKey(saleId, buyer));
  if (!ticket || isGone(ticket, unit.now)) throw new Refusal("PASS_REQUIRED", "This sale has a waiting room: take a ticket with joinSaleQueue first.", `${field}.saleId`);
  const { state, position } = standingOfTicket(ticket, room, unit.now);
  if (state === "USED") throw new Refusal("PASS_REQUIRED", "Your pass has been used: take another ticket with joinSaleQueue.", `${field}.saleId`);
  if (state === "EXPIRED") throw new Refusal("PASS_EXPIRED", "Your pass was not used in time: take another ticket with joinSaleQueue.", `${field}.saleId`);
  const step = stepOf(room.steps, ticket.number);
  if (state !== "ADMITTED" || !step) throw new Refusal("TICKET_WAITING", `It is not your turn yet: ${String(position ?? "none")} to be let in, you among them.`, `${field}.saleId`);
  if (quantity > step.units) throw new Refusal("LIMIT_REACHED", `Your pass is good for ${String(step.units)}.`, `${field}.quantity`);
  const steps = room.steps.map((each) => (each === step ? { ...step, used: step.used + 1 } : each));
  unit.put(saleRoomState, { ...room, steps });
  tellTicket(unit, "SalePassUsed", { ...ticket, leftAt: null, done: "used" }, buyer);
  return promisedUnits({ steps }, unit.now);
}
