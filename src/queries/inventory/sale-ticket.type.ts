import { Field, ID, Int, ObjectType } from "type-graphql";
import { standingOf, ticketStates, type TicketStanding, type TicketState } from "../../events/waiting-room.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";
import type { SaleRoomCardRow } from "../../projections/inventory/sale-room-card.projection.js";
import type { SaleTicketCardRow } from "../../projections/inventory/sale-ticket-card.projection.js";
import { saleIds } from "./sale.type.js";

const SaleTicketStateEnum = wordEnum<TicketState>("SaleTicketState", ticketStates);

@ObjectType("SaleTicket", { simpleResolvers: true, description: "A place in the queue of a sale's waiting room." })
export class SaleTicketType implements TicketStanding {
  @Field(() => ID) saleId!: string;
  @Field(() => Int, { description: "Numbers are given in the order of arrival." }) number!: number;
  @Field(() => SaleTicketStateEnum) state!: TicketState;
  @Field(() => Int, { nullable: true, description: "Tickets to be let in, up to and with this one; null where it does not wait." }) position!: number | null;
  @Field(() => Int, { nullable: true, description: "By the pace of late; null where it does not wait, or nobody can tell." }) expectedWaitSeconds!: number | null;
  @Field(() => DateTime, { nullable: true, description: "Until when its pass may be used; null where it has none." }) passUntil!: string | null;
}

/** @param now milliseconds since 1970; only for show, since the primary judges by its own clock */
export function saleTicketType({ saleId, number, fate }: SaleTicketCardRow, room: SaleRoomCardRow, now: number): SaleTicketType {
  return { saleId: saleIds.encode(saleId), number, ...standingOf(number, fate, room, new Date(now).toISOString()) };
}
