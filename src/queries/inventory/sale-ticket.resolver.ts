import { Arg, Ctx, ID, Query, Resolver } from "type-graphql";
import { awaitPosition } from "../../platform/http/await-position.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { readRoom, readTicket, ticketIdOf, ticketProjections } from "./sale-ticket.reader.js";
import { saleTicketType, SaleTicketType } from "./sale-ticket.type.js";
import { saleIds } from "./sale.type.js";

@Resolver()
export class SaleTicketResolver {
  @Query(() => SaleTicketType, { nullable: true, description: "The caller's place in a sale's queue; null without one." })
  async saleTicket(
    @Arg("saleId", () => ID) id: string,
    @Arg("customerId", () => ID, { nullable: true, description: "For operators; a customer asks for its own ticket." }) customerId: string | null,
    @Arg("guestSecret", () => String, { nullable: true, description: "What the queue was joined with, where that was done without a token." }) guestSecret: string | null,
    @Arg("position", () => String, { nullable: true, description: "From a mutation's answer: the ticket as of then, or later." }) position: string | null,
    @Ctx() context: RequestContext,
  ): Promise<SaleTicketType | null> {
    const saleId = saleIds.read(id, "saleId");
    const ticketId = ticketIdOf(context, saleId, { customerId, guestSecret });
    await awaitPosition(context, position, ticketProjections);
    const node = context.readNode();
    const [ticket, room] = await Promise.all([readTicket(node, ticketId), readRoom(node, saleId)]);
    return ticket && room && saleTicketType(ticket, room, Date.now());
  }
}
