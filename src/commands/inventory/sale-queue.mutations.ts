import { Arg, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from "type-graphql";
import { ticketStates, type TicketStanding, type TicketState } from "../../events/waiting-room.js";
import { readBuyer } from "../../platform/auth/buyer.js";
import { IdempotentInput } from "../../platform/graphql/idempotent-input.js";
import { mutationPayload } from "../../platform/graphql/mutation-payload.js";
import { defineId } from "../../platform/graphql/opaque-id.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { runCommand } from "../../platform/http/run-command.js";
import { joinSaleQueue, type JoinSaleQueueAnswer } from "./join-sale-queue.js";
import { leaveSaleQueue } from "./leave-sale-queue.js";
import { saleRefusals } from "./refusals.steps.js";
import { graceSeconds } from "./sale-ticket.write-state.js";

const saleIds = defineId("sale");
const SaleTicketStateEnum = wordEnum<TicketState>("SaleTicketState", ticketStates);

@InputType()
abstract class SaleQueueInput extends IdempotentInput {
  @Field(() => ID) saleId!: string;

  @Field(() => ID, { nullable: true, description: "For operators; a customer acts for itself." })
  customerId?: string | null;

  @Field(() => String, { nullable: true, description: "32 to 200 random characters that a guest made up: without a token they say whose the ticket is. Reserve with the same." })
  guestSecret?: string | null;
}

@InputType()
class JoinSaleQueueInput extends SaleQueueInput {}

@InputType()
class LeaveSaleQueueInput extends SaleQueueInput {}

@ObjectType("JoinedTicket", { simpleResolvers: true, description: "Where a ticket stood when the queue was joined; `saleQueueUpdates` tells how it goes on." })
class JoinedTicketType implements TicketStanding {
  @Field(() => Int, { description: "Numbers are given in the order of arrival." }) number!: number;
  @Field(() => SaleTicketStateEnum) state!: TicketState;
  @Field(() => Int, { nullable: true, description: "Tickets to be let in, up to and with this one; null where it does not wait." }) position!: number | null;
  @Field(() => Int, { nullable: true, description: "By the pace of late; null where it does not wait, or nobody can tell." }) expectedWaitSeconds!: number | null;
  @Field(() => DateTime, { nullable: true, description: "Until when its pass may be used; null where it has none." }) passUntil!: string | null;
}

@ObjectType({ simpleResolvers: true })
class JoinSaleQueuePayload extends mutationPayload("JoinSaleQueue", {
  UNKNOWN_SALE: "There is no such sale with a waiting room.",
  SALE_ENDED: saleRefusals.SALE_ENDED,
  SOLD_OUT: "Everything is sold, and nothing is held that could come back.",
  LIMIT_REACHED: saleRefusals.LIMIT_REACHED,
}) {
  @Field(() => JoinedTicketType, { nullable: true }) ticket!: JoinSaleQueueAnswer | null;
}

@ObjectType({ simpleResolvers: true })
class LeaveSaleQueuePayload extends mutationPayload("LeaveSaleQueue", { NO_TICKET: "The caller has no ticket of that sale." }) {
  @Field(() => ID, { nullable: true }) saleId!: string | null;
}

@Resolver()
export class SaleQueueMutations {
  @Mutation(() => JoinSaleQueuePayload, { description: "Takes a place in a sale's queue, also before it begins; who has one is told where it stands." })
  async joinSaleQueue(@Arg("input", () => JoinSaleQueueInput) input: JoinSaleQueueInput, @Ctx() context: RequestContext): Promise<JoinSaleQueuePayload> {
    const { actor, buyer } = readBuyer(context, input);
    const saleId = saleIds.read(input.saleId, "input.saleId");
    const { answer: ticket, ...result } = await runCommand(context, joinSaleQueue, { saleId, buyer }, { idempotencyKey: input.idempotencyKey, actor });
    return { ...result, ticket };
  }

  @Mutation(() => LeaveSaleQueuePayload, { description: `Leaves a sale's queue; who joins again within ${graceSeconds} seconds keeps the place.` })
  async leaveSaleQueue(@Arg("input", () => LeaveSaleQueueInput) input: LeaveSaleQueueInput, @Ctx() context: RequestContext): Promise<LeaveSaleQueuePayload> {
    const { actor, buyer } = readBuyer(context, input);
    const saleId = saleIds.read(input.saleId, "input.saleId");
    const { answer, ...result } = await runCommand(context, leaveSaleQueue, { saleId, buyer }, { idempotencyKey: input.idempotencyKey, actor });
    return { ...result, saleId: answer && saleIds.encode(answer.saleId) };
  }
}
