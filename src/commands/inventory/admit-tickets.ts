import { defineCommand } from "../../kernel/command.js";
import { nextAdmission, promisedUnits, type Leavers } from "./admission.js";
import { holdLineState } from "./hold-line.write-state.js";
import { stockOf } from "./inventory.steps.js";
import { holdsOver, reclaim } from "./sale-units.js";
import { saleRoomState, type SaleRoomRow } from "./sale-room.write-state.js";
import { leaversMax, saleTicketState, type SaleTicketRow } from "./sale-ticket.write-state.js";
import { saleState } from "./sale.write-state.js";
import { StockBook } from "./stock-book.js";
import { isGone, roomsOf, tellRoom } from "./waiting-room.steps.js";

export interface AdmitTicketsInput {
  readonly saleId: string;
  /** The sale's product. */
  readonly sku: string;
}

/**
 * Lets the next tickets of a waiting room in, as many as its rate allows and can be served, and tells what the room has
 * come to. Sent by the workers; whoever sends it twice does nothing twice.
 */
export const admitTickets = defineCommand<AdmitTicketsInput, { readonly admitted: number }>({
  name: "admitTickets",
  correlationId: ({ saleId }) => saleId,
  needs: ({ saleId, sku }) => ({
    rows: [
      stockOf([{ sku }]), { state: saleState, keys: [saleId] }, roomsOf([saleId]),
      { state: holdLineState, group: "expired", keys: [sku] }, { state: saleTicketState, group: "leavers", keys: [saleId] },
    ],
  }),
  decide({ saleId, sku }, unit) {
    const [found, sale] = [unit.row(saleRoomState, saleId), unit.row(saleState, saleId)];
    if (!found || sale?.sku !== sku || found.state === "ENDED") return { admitted: 0 };
    const leavers = unit.rowsIn(saleTicketState, "leavers", saleId).filter((ticket) => isGone(ticket, unit.now));
    const { room, passedOver } = passOver(found, leavers.filter(({ number }) => number <= found.admitted));
    const over = holdsOver(unit, sku, saleId).reduce((sum, { quantity }) => sum + quantity, 0);
    const { leftUnits, held, ended } = sale;
    const next = nextAdmission(room, { free: leftUnits + over, held: held - over, ended }, aheadOf(found, leavers), unit.now);
    if (!next && passedOver.length === 0) return { admitted: 0 };
    const moved = next?.room ?? room;
    for (const ticket of leavers) if (ticket.number <= moved.admitted) unit.put(saleTicketState, { ...ticket, done: "gone" });
    const book = new StockBook(unit);
    // What a pass promises must not be claimed late by who held it: those holds end now.
    if (!ended) reclaim(book, sku, saleId, promisedUnits(moved, unit.now) - leftUnits);
    tellRoom(unit, moved, book.close().sales);
    return { admitted: next?.admitted ?? 0 };
  },
});

/** Passes of holders who left for good count as used. */
function passOver(room: SaleRoomRow, gone: readonly SaleTicketRow[]): { readonly room: SaleRoomRow; readonly passedOver: readonly SaleTicketRow[] } {
  const steps = room.steps.map((step) => ({
    ...step, used: step.used + gone.filter(({ number }) => step.from <= number && number <= step.to).length,
  }));
  return { room: { ...room, steps }, passedOver: gone };
}

function aheadOf({ admitted }: SaleRoomRow, leavers: readonly SaleTicketRow[]): Leavers {
  const numbers = leavers.map(({ number }) => number).sort((a, b) => a - b);
  return { ahead: numbers.filter((number) => number > admitted), knownUpTo: numbers.length < leaversMax ? null : numbers.at(-1) ?? null };
}
