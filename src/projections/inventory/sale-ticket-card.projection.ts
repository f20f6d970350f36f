import type { SaleTicketEvent, TicketFate } from "../../events/waiting-room.js";
import type { RecordedEvent } from "../../kernel/event.js";
import { defineProjection, type Rows } from "../../kernel/projection.js";
import { roomChannel } from "./sale-room-card.projection.js";

/** A buyer's place in a sale's queue. */
export interface SaleTicketCardRow {
  /** See `ticketCardKey`. */
  readonly ticketId: string;
  readonly saleId: string;
  readonly number: number;
  readonly fate: TicketFate;
  /**
   * Position of the ticket's last change; null while there was none but that it was given out. Within a sale in the
   * order of commits, since all of them hold the room's lock: whoever has seen one has seen those before it.
   */
  readonly changedPosition: number | null;
  /** The ticket's own, which every fact of it carries. */
  readonly version: number;
}

/** One row a buyer and sale; the newer fact wins, in whatever order they come. */
export const saleTicketCard = defineProjection<SaleTicketEvent, SaleTicketCardRow>({
  name: "sale_ticket_card",
  version: 1,
  categories: ["sale-ticket"],
  key: "ticketId",
  touches: ({ ticket }) => [ticketCardKey(ticket.saleId, ticket.buyer)],
  on: {
    SaleTicketTaken: keepNewer("in"),
    SaleTicketLeft: keepNewer("left"),
    SaleTicketResumed: keepNewer("in"),
    SalePassUsed: keepNewer("used"),
  },
  // A ticket that is given out changes nothing for the others: only its holder waits for it.
  push: ({ ticket: { saleId, buyer, version } }) => [version === 1 ? `sale-ticket:${ticketCardKey(saleId, buyer)}` : roomChannel(saleId)],
});

/** @param buyer `customer:<id>` or `guest:<hash>` */
export function ticketCardKey(saleId: string, buyer: string): string {
  return `${saleId}/${buyer}`;
}

function keepNewer(fate: TicketFate) {
  return ({ ticket }: SaleTicketEvent, rows: Rows<SaleTicketCardRow>, { position }: RecordedEvent): void => {
    const { saleId, buyer, number, version } = ticket;
    const ticketId = ticketCardKey(saleId, buyer);
    const known = rows.get(ticketId);
    if (known && known.version >= version) return;
    rows.put({ ticketId, saleId, number, fate, changedPosition: version === 1 ? null : Number(position), version });
  };
}
