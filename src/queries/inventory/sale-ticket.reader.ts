import { readBuyer } from "../../platform/auth/buyer.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import type { ReadNode } from "../../platform/projector/read-node.js";
import { readRows } from "../../platform/projector/read-rows.js";
import type { SaleRoomCardRow } from "../../projections/inventory/sale-room-card.projection.js";
import { saleRoomCardTable } from "../../projections/inventory/sale-room-card.table.js";
import { ticketCardKey, type SaleTicketCardRow } from "../../projections/inventory/sale-ticket-card.projection.js";
import { saleTicketCardTable } from "../../projections/inventory/sale-ticket-card.table.js";

export const ticketProjections = ["sale_ticket_card", "sale_room_card"] as const;

/**
 * Names the caller's ticket of a sale: a customer's own, that of the customer whom an operator names, a guest's by the secret.
 * @throws SystemError UNAUTHENTICATED with neither token nor secret, BAD_USER_INPUT, FORBIDDEN
 */
export function ticketIdOf(context: RequestContext, saleId: string, caller: { readonly customerId?: string | null; readonly guestSecret?: string | null }): string {
  return ticketCardKey(saleId, readBuyer(context, caller, "").buyer);
}

export async function readTicket(node: ReadNode, ticketId: string): Promise<SaleTicketCardRow | null> {
  const [row] = await readRows<SaleTicketCardRow>(node, saleTicketCardTable, "sale_ticket_by_id", "WHERE ticket_id = $1", [ticketId]);
  return row ?? null;
}

export async function readRoom(node: ReadNode, saleId: string): Promise<SaleRoomCardRow | null> {
  const [row] = await readRows<SaleRoomCardRow>(node, saleRoomCardTable, "sale_room_by_id", "WHERE sale_id = $1", [saleId]);
  return row ?? null;
}

/** Position of the last change of any ticket of a sale; 0 where nothing changed since tickets were given out. */
export async function lastTicketChange(node: ReadNode, saleId: string): Promise<number> {
  const [row] = await readRows<SaleTicketCardRow>(
    node, saleTicketCardTable, "sale_ticket_last_change", "WHERE sale_id = $1 AND changed_position IS NOT NULL ORDER BY changed_position DESC LIMIT 1", [saleId],
  );
  return row?.changedPosition ?? 0;
}

/** Tickets of a sale that changed after a position, at most so many, the first change first. */
export function ticketsChangedAfter(node: ReadNode, saleId: string, position: number, limit: number): Promise<readonly SaleTicketCardRow[]> {
  return readRows<SaleTicketCardRow>(
    node, saleTicketCardTable, "sale_tickets_changed", "WHERE sale_id = $1 AND changed_position > $2 ORDER BY changed_position LIMIT $3", [saleId, position, limit],
  );
}
