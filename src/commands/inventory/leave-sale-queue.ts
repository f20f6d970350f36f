import { defineCommand } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import type { SaleQueueInput } from "./join-sale-queue.js";
import { saleTicketState } from "./sale-ticket.write-state.js";
import { saleBuyerKey } from "./sale.write-state.js";
import { entranceNeeds, tellTicket } from "./waiting-room.steps.js";

/**
 * Leaves a sale's queue. The place is kept for a moment, and so is a pass; then the next one comes in its stead.
 * Refuses with `NO_TICKET`.
 */
export const leaveSaleQueue = defineCommand<SaleQueueInput, { readonly saleId: string }>({
  name: "leaveSaleQueue",
  correlationId: ({ saleId }) => saleId,
  needs: ({ saleId, buyer }) => ({ rows: entranceNeeds([saleId], buyer) }),
  decide({ saleId, buyer }, unit) {
    const ticket = unit.row(saleTicketState, saleBuyerKey(saleId, buyer));
    if (!ticket) throw new Refusal("NO_TICKET", "You have no ticket of this sale.", "saleId");
    if (ticket.leftAt === null && ticket.done === null) tellTicket(unit, "SaleTicketLeft", { ...ticket, leftAt: unit.now }, buyer);
    return { saleId };
  },
});
